// Puts the page together.

import { follow } from './api.js';
import { avatar } from './avatar.js';
import { Board } from './board.js';
import { gist } from './bubble.js';
import { startClock } from './clock.js';
import { Composer } from './composer.js';
import { $, h, icon, setBadge, sideways } from './dom.js';
import { announce, banner } from './notices.js';
import { Pane } from './pane.js';
import { startPeople, startRooms } from './people.js';
import { Store } from './store.js';
import { startHints } from './suggest.js';

const store = new Store();
const wide = window.matchMedia('(min-width: 1000px)');
const panes = {
  group: new Pane($('#group'), store, '群里还没有人说话。'),
  private: new Pane($('#private'), store, '还没有私聊。小哨有事才找人，你也可以先跟它说。'),
};
const composers = {
  group: new Composer($('#group'), '群聊'),
  private: new Composer($('#private'), '私聊'),
};
let away = 0; // what came while the window was hidden

avatar('bot', '小哨');
startPeople(store);
startRooms(store);
startClock(store);
const board = new Board(store);

const tab = () => document.body.dataset.tab || 'group';

store.isShown = (chat) =>
  (chat === store.groupChat && (wide.matches || tab() === 'group')) ||
  (chat === store.privateChat && (wide.matches || tab() === 'private'));

for (const side of /** @type {const} */ (['group', 'private'])) {
  panes[side].onQuote = (bubble, text) => {
    composers[side].quote(bubble);
    if (text) composers[side].fill(text);
  };
  panes[side].onMention = (name) => composers[side].insert(`@${name} `);
  // In a group a command without a number counts only when the bot is addressed.
  panes[side].onCommand = (text) => composers[side].fill(side === 'group' && !/\d/.test(text) ? `@小哨 ${text}` : text);
}

/** The heads of both chats, and whether the speaker may speak here. */
function drawHeads() {
  const { speaker } = store;
  const room = store.room(store.roomId);
  if (!speaker || !room) return;
  const members = store.members(room.id);
  $('#group .chat-head h2').textContent = room.name;
  $('#group .tags').replaceChildren(
    ...(room.muted ? [h('span', { class: 'tag quiet' }, icon('mute'), '已静音')] : []),
    h('span', { class: `tag mode-${room.mode}`, title: '小哨在这个群里的模式' }, `小哨：${room.mode_name}`),
  );
  $('#private .chat-head h2').textContent = '小哨';
  $('#private .tags').replaceChildren(
    h('span', { class: 'phone' }, `${speaker.name}的手机`),
    ...(speaker.note ? [h('span', { class: 'note', title: speaker.note }, speaker.note)] : []),
  );
  composers.group.close(speaker.rooms.includes(room.id) ? null : outsider(speaker, members));
}

/** @param {import('./store.js').Person} speaker @param {import('./store.js').Person[]} members */
function outsider(speaker, members) {
  const words = [`${speaker.name}不在这个群里，只能看。`];
  if (!members.length) return words;
  const swap = h('button', { type: 'button', class: 'link', onclick: () => store.speakAs(members[0].id) }, `换${members[0].name}来说`);
  return [...words, swap];
}

let shown = '';
store.on('view', () => {
  const { speaker } = store;
  if (!speaker) return;
  drawHeads();
  const key = `${store.speakerId} ${store.roomId}`;
  if (key === shown) return;
  shown = key;
  panes.group.show(store.groupChat);
  panes.private.show(store.privateChat);
  composers.group.open(store.groupChat, speaker.id, speaker.name);
  composers.private.open(store.privateChat, speaker.id, speaker.name);
});
store.on('village', drawHeads);

store.on('bubble', (bubble) => {
  if (document.hidden) {
    away += 1;
    document.title = `（${away}）小哨 · 模拟器`;
  }
  for (const pane of Object.values(panes)) if (pane.chat === bubble.chat) pane.add(bubble);
  if (bubble.sender !== store.speakerId && store.isShown(bubble.chat)) announce(`${bubble.name}：${gist(bubble)}`);
  const person = bubble.chat.startsWith('private:') && store.person(bubble.chat.slice('private:'.length));
  if (bubble.sender !== 'bot' || !person || store.isShown(bubble.chat)) return;
  banner(person, gist(bubble), () => {
    store.speakAs(person.id);
    openTab('private');
  });
});

let day = '';
store.on('clock', () => {
  if (store.now.slice(0, 10) === day) return;
  day = store.now.slice(0, 10);
  for (const pane of Object.values(panes)) pane.restamp();
});

/** @param {string} name */
function openTab(name) {
  document.body.dataset.tab = name;
  store.readShown();
  drawTabs();
  if (name !== 'board') panes[name === 'private' ? 'private' : 'group'].toEnd();
}

function drawTabs() {
  if (tab() === 'board' || wide.matches) board.changed = 0;
  const count = (/** @type {(chat: string) => boolean} */ test) =>
    [...store.unread].reduce((sum, [chat, unread]) => sum + (test(chat) ? unread : 0), 0);
  const counts = {
    group: count((chat) => chat.startsWith('room:')),
    private: count((chat) => chat === store.privateChat),
    board: board.changed,
  };
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('.tabs button'))) {
    const name = /** @type {keyof typeof counts} */ (button.dataset.tab);
    button.toggleAttribute('aria-current', name === tab());
    if (name === tab()) button.setAttribute('aria-current', 'page');
    setBadge($('.badge', button), counts[name]);
  }
}

for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('.tabs button'))) {
  button.addEventListener('click', () => openTab(button.dataset.tab || 'group'));
}
for (const type of ['unread', 'board', 'view']) store.on(type, drawTabs);
function fit() {
  // On a wide page the buttons stand beside the time, which then opens nothing.
  /** @type {HTMLButtonElement} */ ($('#now')).disabled = wide.matches;
  store.readShown();
}
wide.addEventListener('change', fit);
fit();
for (const strip of document.querySelectorAll('.rooms, .filters, .hints')) sideways(/** @type {HTMLElement} */ (strip));
document.addEventListener('visibilitychange', () => {
  if (document.hidden) return;
  away = 0;
  document.title = '小哨 · 模拟器';
});

startHints(store, composers);
follow(
  (kind, data) => store.take(kind, data),
  (online) => {
    $('#offline').hidden = online;
    document.body.dataset.ready = String(online);
  },
);
