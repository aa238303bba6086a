// What the page says itself: errors, news from chats that are not in view, and the quiet voice for screen readers.

import { avatar } from './avatar.js';
import { $, h, icon } from './dom.js';

/** @type {string[]} */ let spoken = [];
let speaking = 0;
let toasting = 0;
let flying = 0;

/** Read something out. What comes within a second is summed up, so a busy chat does not chatter. @param {string} text */
export function announce(text) {
  spoken.push(text.length > 120 ? `${text.slice(0, 120)}……` : text);
  window.clearTimeout(speaking);
  speaking = window.setTimeout(() => {
    const last = spoken[spoken.length - 1];
    $('#live').textContent = spoken.length < 3 ? spoken.join(' ') : `${spoken.length} 条新消息，最后一条：${last}`;
    spoken = [];
  }, 900);
}

/** Show an error sentence for a while. @param {string} text */
export function toast(text) {
  const place = $('#toast');
  place.textContent = text;
  place.hidden = false;
  window.clearTimeout(toasting);
  toasting = window.setTimeout(() => {
    place.hidden = true;
  }, 5000);
}

/** Who got something while the banner stands. @type {Map<string, () => void>} */
const receivers = new Map();

/**
 * Somebody else got a private message: a banner as on a phone; touching it goes there. More of them share one banner.
 * @param {{name: string, role_name: string}} person @param {string} text @param {() => void} onOpen
 */
export function banner(person, text, onOpen) {
  const place = $('#banner');
  const hide = () => {
    place.hidden = true;
    place.replaceChildren();
    receivers.clear();
  };
  receivers.set(`${person.name}（${person.role_name}）`, onOpen);
  const [[first, go]] = receivers;
  const others = receivers.size > 1 ? `等 ${receivers.size} 人` : '';
  const visit = () => {
    hide();
    go();
  };
  place.replaceChildren(
    h(
      'button',
      { type: 'button', class: 'open', onclick: visit },
      avatar('bot', '小哨'),
      h('span', { class: 'what' }, h('b', {}, `小哨私信 ${first}${others}`), h('span', {}, text)),
      h('span', { class: 'go' }, '去看'),
    ),
    h('button', { type: 'button', class: 'plain shut', 'aria-label': '收起这条提醒', onclick: hide }, icon('close')),
  );
  place.hidden = false;
  window.clearTimeout(flying);
  const leave = () => {
    flying = window.setTimeout(hide, 7000);
  };
  place.onpointerenter = () => window.clearTimeout(flying);
  place.onpointerleave = leave;
  leave();
}
