// Who speaks: the list of people, the button that shows the one chosen, and the tabs of the groups.

import { avatar } from './avatar.js';
import { $, h, icon, setBadge, walk } from './dom.js';

/** @typedef {import('./store.js').Store} Store */

/** @param {Store} store */
export function startPeople(store) {
  const list = $('#people-list');
  const who = $('#who');
  const panel = $('#people');

  function draw() {
    const focused = list.contains(document.activeElement);
    list.replaceChildren(
      ...store.people.map((person) => {
        const chosen = person.id === store.speakerId;
        const badge = h('span', { class: 'badge' });
        setBadge(badge, store.unread.get(`private:${person.id}`) || 0);
        return h(
          'button',
          {
            type: 'button',
            role: 'radio',
            class: 'person',
            'aria-checked': String(chosen),
            tabindex: chosen ? '0' : '-1',
            title: person.note || false,
            'data-person': person.id,
            onclick: () => choose(person.id),
          },
          h('span', { class: 'face' }, avatar(person.id, person.name), badge),
          h('span', { class: 'who-is' }, h('b', {}, person.name), h('span', { class: 'role' }, person.role_name)),
        );
      }),
    );
    const chosen = $('[aria-checked=true]', list);
    if (focused) chosen?.focus();
    const speaker = store.speaker;
    if (!speaker) return;
    who.setAttribute('aria-label', `正在以${speaker.name}（${speaker.role_name}）的身份说话，点这里换人`);
    const badge = h('span', { class: 'badge' });
    const elsewhere = [...store.unread].filter(([chat]) => chat.startsWith('private:') && chat !== store.privateChat);
    setBadge(badge, elsewhere.reduce((sum, [, count]) => sum + count, 0));
    who.replaceChildren(
      h('span', { class: 'face' }, avatar(speaker.id, speaker.name), badge),
      h('span', { class: 'who-is' }, h('b', {}, speaker.name), h('span', { class: 'role' }, speaker.role_name)),
      icon('down'),
    );
  }

  /** @param {string} id */
  function choose(id) {
    store.speakAs(id);
    if (panel.matches(':popover-open')) panel.hidePopover();
  }

  list.addEventListener('keydown', (event) => {
    const next = walk(event, [...list.querySelectorAll('button')]);
    if (!next) return;
    event.preventDefault();
    next.focus();
    store.speakAs(next.dataset.person || '');
  });
  panel.addEventListener('toggle', () => {
    if (panel.matches(':popover-open')) $('[aria-checked=true]', list)?.focus();
  });
  for (const type of ['village', 'view', 'unread']) store.on(type, draw);
}

/** The groups: a tab each, with what was not read. @param {Store} store */
export function startRooms(store) {
  const tabs = $('#rooms');
  function draw() {
    tabs.replaceChildren(
      ...store.rooms.map((room) => {
        const chosen = room.id === store.roomId;
        const badge = h('span', { class: 'badge' });
        setBadge(badge, store.unread.get(`room:${room.id}`) || 0);
        return h(
          'button',
          { type: 'button', class: 'room', 'aria-pressed': String(chosen), 'data-room': room.id, onclick: () => store.openRoom(room.id) },
          chosen ? `${room.name}（${store.members(room.id).length + 1}）` : room.name,
          !chosen && room.muted && icon('mute'),
          !chosen && room.mode !== 'on' && h('span', { class: 'mode' }, room.mode_name),
          badge,
        );
      }),
    );
    $('[aria-pressed=true]', tabs)?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }
  for (const type of ['village', 'view', 'unread']) store.on(type, draw);
}
