// The live ticket board: a card a ticket, its history inside. Only what changed is drawn again.

import { $, h, icon } from './dom.js';
import { between, moment, short, span } from './time.js';
import { showPicture } from './viewer.js';

/** @typedef {import('./store.js').Store} Store */
/** @typedef {import('./store.js').Ticket} Ticket */

const OVER = new Set(['closed', 'merged', 'withdrawn', 'rejected', 'dropped']);
/** @type {[string, string, (ticket: Ticket) => boolean][]} */
const FILTERS = [
  ['all', '全部', () => true],
  ['going', '进行中', (ticket) => !OVER.has(ticket.status) && ticket.status !== 'waiting'],
  ['waiting', '待确认', (ticket) => ticket.status === 'waiting'],
  ['overdue', '逾期', (ticket) => ticket.overdue],
  ['over', '了结', (ticket) => OVER.has(ticket.status)],
];

/** What asks for somebody's hand shows how much of it there is. */
const COUNTED = new Set(['going', 'waiting', 'overdue']);

/** How far a ticket is, for its colour. @param {Ticket} ticket */
function stage(ticket) {
  if (OVER.has(ticket.status)) return 'over';
  if (ticket.status === 'waiting') return 'waiting';
  if (['done', 'resolved', 'settled'].includes(ticket.status)) return 'done';
  if (['open', 'proposed', 'noticed'].includes(ticket.status)) return 'open';
  return 'going';
}

/** @param {Ticket} ticket */
const label = (ticket) => (/^\d/.test(ticket.number) ? `#${ticket.number}` : ticket.number);

/** @param {Ticket} ticket @param {string} now */
function deadline(ticket, now) {
  if (!ticket.due_at || stage(ticket) === 'over') return '';
  const left = between(now, ticket.due_at);
  if (ticket.overdue) return left < 0 ? `逾期 ${span(left)}` : '逾期';
  return left < 0 ? '' : `还剩 ${span(left)}`;
}

export class Board {
  /** @type {Map<string, HTMLDetailsElement>} */ #cards = new Map();
  #filter = 'all';
  #drawn = false;
  changed = 0;

  /** @param {Store} store */
  constructor(store) {
    this.store = store;
    this.list = $('#tickets');
    this.none = $('#no-tickets');
    this.filters = $('#filters');
    store.on('board', (numbers) => this.#draw(numbers));
    store.on('clock', () => this.#tick());
  }

  /** @param {string[]} changed */
  #draw(changed) {
    const { tickets, numbers } = this.store;
    const first = !this.#drawn;
    this.#drawn = true;
    for (const number of changed) {
      const ticket = tickets.get(number);
      if (ticket) this.#card(ticket, !first);
    }
    for (const [number, card] of this.#cards) {
      if (tickets.has(number)) continue;
      card.parentElement?.remove();
      this.#cards.delete(number);
    }
    // Move only what is out of place: 300 cards stay where they are when one changes.
    let place = this.list.firstElementChild;
    for (const number of numbers) {
      const item = this.#cards.get(number)?.parentElement;
      if (!item) continue;
      if (item === place) place = place.nextElementSibling;
      else this.list.insertBefore(item, place);
    }
    if (!first) this.changed += changed.length;
    this.#tick();
    this.#sift();
  }

  /** @param {Ticket} ticket @param {boolean} fresh */
  #card(ticket, fresh) {
    let card = this.#cards.get(ticket.number);
    if (!card) {
      card = /** @type {HTMLDetailsElement} */ (h('details', { 'data-number': ticket.number }));
      const made = card;
      // A closed card has no inside: most of 300 are never opened.
      card.addEventListener('toggle', () => this.#inside(made));
      this.#cards.set(ticket.number, card);
      this.list.append(h('li', {}, card));
    }
    card.className = `ticket ${ticket.kind} ${stage(ticket)}`;
    card.replaceChildren(this.#summary(ticket));
    this.#inside(card);
    card.classList.toggle('changed', fresh);
  }

  /** @param {Ticket} ticket */
  #summary(ticket) {
    const facts = [ticket.category_name, ticket.place, ticket.room_name].filter(Boolean).join(' · ');
    return h(
      'summary',
      {},
      h(
        'span',
        { class: 'head' },
        h('span', { class: 'number' }, label(ticket)),
        h('span', { class: 'kind' }, ticket.private && icon('lock'), ticket.kind_name),
        ticket.private && h('span', { class: 'hidden-text' }, '不公开'),
        ticket.urgency !== 'normal' && h('span', { class: `urgent ${ticket.urgency}` }, ticket.urgency === 'emergency' ? '紧急' : '急'),
        h('span', { class: 'status' }, ticket.status_name),
      ),
      h('span', { class: 'title' }, ticket.title),
      h('span', { class: 'foot' }, h('span', { class: 'facts' }, facts), h('span', { class: 'due' })),
    );
  }

  /** @param {HTMLDetailsElement} card */
  #inside(card) {
    card.querySelector('.inside')?.remove();
    const ticket = this.store.tickets.get(card.dataset.number || '');
    if (!card.open || !ticket) return;
    /** @type {[string, string][]} */
    const facts = [
      ['谁提的', ticket.requesters.join('、')],
      ['谁在办', ticket.handler || '还没有人'],
      ['登记', moment(ticket.opened_at, this.store.now)],
      ['限期', ticket.due_at ? moment(ticket.due_at, this.store.now) : ''],
    ];
    card.append(
      h(
        'div',
        { class: 'inside' },
        ticket.private && h('p', { class: 'secret' }, icon('lock'), '只有经办的人看得到，群里不会提。'),
        h('dl', {}, ...facts.filter(([, value]) => value).flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)])),
        ticket.evidence.length > 0 &&
          h('p', { class: 'evidence' }, h('span', {}, '依据'), ...ticket.evidence.map((word) => h('mark', {}, word))),
        ticket.pictures.length > 0 &&
          h('div', { class: 'pictures' }, ...ticket.pictures.map((source, index) => this.#picture(ticket, source, index))),
        ticket.history.length > 0 && h('h3', {}, '经过'),
        h('ol', { class: 'history' }, ...ticket.history.map((event) => h('li', {}, h('time', { datetime: event.at }, short(event.at)), h('span', {}, event.text)))),
      ),
    );
  }

  /** @param {Ticket} ticket @param {string} source @param {number} index */
  #picture(ticket, source, index) {
    const name = `${label(ticket)} 的第 ${index + 1} 张图片`;
    const image = h('img', { src: source, alt: '', loading: 'lazy' });
    return h('button', { type: 'button', 'aria-label': name, onclick: () => showPicture(source, name) }, image);
  }

  /** What is left of each deadline. */
  #tick() {
    for (const [number, card] of this.#cards) {
      const ticket = this.store.tickets.get(number);
      if (!ticket) continue;
      const due = $('.due', card);
      const text = deadline(ticket, this.store.now);
      if (due.textContent !== text) due.textContent = text;
      due.classList.toggle('overdue', ticket.overdue);
    }
  }

  /** Show what the filter lets through, and how many each would. */
  #sift() {
    const all = [...this.store.tickets.values()];
    const counts = new Map(FILTERS.map(([key, , test]) => [key, all.filter(test).length]));
    const shown = FILTERS.filter(([key]) => key === 'all' || counts.get(key));
    if (!shown.some(([key]) => key === this.#filter)) this.#filter = 'all';
    const test = FILTERS.find(([key]) => key === this.#filter)?.[2] || (() => true);
    for (const [number, card] of this.#cards) {
      const ticket = this.store.tickets.get(number);
      if (card.parentElement) card.parentElement.hidden = !ticket || !test(ticket);
    }
    const focused = this.filters.contains(document.activeElement);
    this.filters.replaceChildren(
      ...shown.map(([key, name]) => {
        const choose = () => {
          this.#filter = key;
          this.#sift();
        };
        const attributes = { type: 'button', class: `filter ${key}`, 'aria-pressed': String(key === this.#filter), onclick: choose };
        return h('button', attributes, name, COUNTED.has(key) && h('span', { class: 'count' }, String(counts.get(key))));
      }),
    );
    if (focused) $('[aria-pressed=true]', this.filters)?.focus();
    this.none.hidden = all.length > 0;
    this.none.textContent = '还没有工单。在群里说一件烦心事，或者许个心愿试试。';
  }
}
