// A chat: the list of bubbles, its scrolling, and the menu on each message.

import { renderBubble, gist } from './bubble.js';
import { h, icon } from './dom.js';
import { openMenu, watchForMenu } from './menu.js';
import { between, stamp } from './time.js';

/** @typedef {import('./store.js').Store} Store */
/** @typedef {import('./store.js').Bubble} Bubble */

const QUIET = 5 * 60_000; // a pause after which WeChat stamps the time
const WINDOW = 120; // bubbles in the page at first; older ones come when one scrolls up
const PAGE = 60;
const MOST = 400;
const NEAR = 60; // px from the end that still count as "at the end"

export class Pane {
  chat = '';
  group = false;
  /** @type {(bubble: Bubble, text?: string) => void} */ onQuote = () => {};
  /** @type {(name: string) => void} */ onMention = () => {};
  /** @type {(text: string) => void} */ onCommand = () => {};
  #from = 0;
  #missed = 0;
  #atEnd = true;

  /** @param {HTMLElement} root @param {Store} store @param {string} empty what stands in an empty chat */
  constructor(root, store, empty) {
    this.root = root;
    this.store = store;
    this.list = h('ol', { class: 'rows' });
    this.empty = h('p', { class: 'empty' }, empty);
    this.scroller = h(
      'div',
      { class: 'scroller', tabindex: '0', role: 'log', 'aria-live': 'off', 'aria-label': '聊天记录' },
      this.empty,
      this.list,
    );
    this.pill = h('button', { type: 'button', class: 'pill', hidden: true, onclick: () => this.toEnd() });
    root.append(h('div', { class: 'scroll-box' }, this.scroller, this.pill));
    this.scroller.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    this.scroller.addEventListener('keydown', (event) => this.#key(event));
    this.list.addEventListener('click', (event) => this.#clicked(event));
    watchForMenu(this.list, (row, anchor) => this.#menu(row, anchor));
    // Pictures, a growing input bar, a turned phone: whoever was at the end stays there.
    const keep = new ResizeObserver(() => this.#atEnd && this.#jump());
    keep.observe(this.scroller);
    keep.observe(this.list);
  }

  get bubbles() {
    return this.store.chats.get(this.chat) || [];
  }

  /** Show a chat from its end. @param {string} chat */
  show(chat) {
    this.chat = chat;
    this.group = chat.startsWith('room:');
    this.#from = Math.max(0, this.bubbles.length - WINDOW);
    this.list.replaceChildren(...this.#rows(this.#from, this.bubbles.length));
    this.empty.hidden = this.bubbles.length > 0;
    this.toEnd();
  }

  /** A new bubble of this chat. @param {Bubble} bubble */
  add(bubble) {
    const own = bubble.sender === this.store.speakerId;
    this.empty.hidden = true;
    const rows = this.#rows(this.bubbles.length - 1, this.bubbles.length);
    for (const row of rows) row.classList.add('fresh');
    this.list.append(...rows);
    if (this.#atEnd || own) {
      this.#trim();
      this.toEnd();
    } else {
      this.#missed += 1;
      this.#showPill();
    }
  }

  toEnd() {
    this.#missed = 0;
    this.#atEnd = true;
    this.#showPill();
    this.#jump();
  }

  /** Stamps say 昨天 and 星期二: they change with the day. */
  restamp() {
    for (const time of this.list.querySelectorAll('time')) time.textContent = stamp(time.dateTime, this.store.now);
  }

  #jump() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  /** @param {number} from @param {number} to @returns {HTMLElement[]} */
  #rows(from, to) {
    const bubbles = this.bubbles;
    /** @type {HTMLElement[]} */ const rows = [];
    for (let index = from; index < to; index += 1) {
      const bubble = bubbles[index];
      const before = bubbles[index - 1];
      if (!before || between(before.at, bubble.at) > QUIET) {
        rows.push(h('li', { class: 'stamp' }, h('time', { datetime: bubble.at }, stamp(bubble.at, this.store.now))));
      }
      rows.push(
        renderBubble(bubble, {
          own: bubble.sender === this.store.speakerId,
          group: this.group,
          role: this.store.person(bubble.sender)?.role_name || '',
          onCommand: (text) => this.onCommand(text),
        }),
      );
    }
    return rows;
  }

  #scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    if (!clientHeight) return; // hidden: its numbers mean nothing
    this.#atEnd = scrollHeight - scrollTop - clientHeight < NEAR;
    if (this.#atEnd && this.#missed) {
      this.#missed = 0;
      this.#showPill();
    }
    if (scrollTop < 200) this.#older();
  }

  #older() {
    if (this.#from === 0) return;
    const from = Math.max(0, this.#from - PAGE);
    const height = this.scroller.scrollHeight;
    this.list.prepend(...this.#rows(from, this.#from));
    this.#from = from;
    this.scroller.scrollTop += this.scroller.scrollHeight - height;
  }

  /** At the end of a long chat the oldest rows leave the page. */
  #trim() {
    const rows = this.list.children;
    if (rows.length <= MOST) return;
    while (rows.length > WINDOW) rows[0].remove();
    this.#from = this.bubbles.length - this.list.querySelectorAll('.row').length;
  }

  #showPill() {
    this.pill.hidden = this.#missed === 0;
    this.pill.replaceChildren(icon('down'), `${this.#missed} 条新消息`);
  }

  /** @param {HTMLElement|null} row */
  #bubbleOf(row) {
    return this.bubbles.find((bubble) => bubble.id === row?.dataset.id);
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const bubble = this.#bubbleOf(target.closest('.row'));
    if (!bubble) return;
    if (target.closest('.quoted')) this.#toQuoted(bubble);
    else if (target.closest('.avatar') && this.group && bubble.sender !== this.store.speakerId) this.onMention(bubble.name);
  }

  /** The bubble carries the quoted words, not their id: the nearest earlier message with them is meant. @param {Bubble} bubble */
  #toQuoted(bubble) {
    const quoted = this.bubbles
      .slice(0, this.bubbles.indexOf(bubble))
      .findLast((old) => old.name === bubble.quote?.name && (old.text === bubble.quote?.text || gist(old) === bubble.quote?.text));
    if (!quoted) return;
    while (this.#from > this.bubbles.indexOf(quoted)) this.#older();
    const row = [...this.list.children].find((item) => /** @type {HTMLElement} */ (item).dataset.id === quoted.id);
    row?.scrollIntoView({ block: 'center' });
    row?.classList.remove('found');
    requestAnimationFrame(() => row?.classList.add('found'));
  }

  /** @param {HTMLElement} row @param {HTMLElement} anchor */
  #menu(row, anchor) {
    const bubble = this.#bubbleOf(row);
    if (!bubble) return;
    const other = bubble.sender !== this.store.speakerId;
    const items = [{ label: '引用', icon: 'quote', run: () => this.onQuote(bubble) }];
    if (bubble.text && navigator.clipboard) {
      items.push({ label: '复制', icon: 'copy', run: () => void navigator.clipboard.writeText(bubble.text).catch(() => {}) });
    }
    if (this.group && other) items.push({ label: '@TA', icon: 'at', run: () => this.onMention(bubble.name) });
    // Leaders and party members may have somebody's words registered by quoting them.
    if (this.group && other && bubble.sender !== 'bot' && this.store.speaker?.role_name !== '居民') {
      items.push({ label: '登记', icon: 'file', run: () => this.onQuote(bubble, '登记') });
    }
    openMenu(anchor, row, items);
  }

  /** Arrow keys go from message to message, Enter opens the menu. @param {KeyboardEvent} event */
  #key(event) {
    const active = /** @type {HTMLElement} */ (document.activeElement);
    if (active.closest('button')) return;
    const rows = /** @type {HTMLElement[]} */ ([...this.list.querySelectorAll('.row')]);
    const at = rows.indexOf(active);
    if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
      const next = at < 0 ? rows.length - 1 : at + (event.key === 'ArrowUp' ? -1 : 1);
      event.preventDefault();
      rows[Math.min(Math.max(next, 0), rows.length - 1)]?.focus();
    } else if (at >= 0 && (event.key === 'Enter' || event.key === ' ')) {
      event.preventDefault();
      this.#menu(rows[at], rows[at].querySelector('.bubble, .picture') || rows[at]);
    } else if (at >= 0 && event.key === 'Escape') {
      this.scroller.focus();
    }
  }
}
