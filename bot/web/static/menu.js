// The dark menu on a message: long press, right click, the dots beside it, or the keyboard.

import { $, h, icon, walk } from './dom.js';

const LONG_PRESS = 450; // ms
const SLIP = 10; // px a finger may move and still press

/** @typedef {{label: string, icon: string, run: () => void}} Item */

/** @param {HTMLElement} anchor @param {HTMLElement} back where the focus returns @param {Item[]} items */
export function openMenu(anchor, back, items) {
  const menu = $('#menu');
  menu.replaceChildren(
    ...items.map((item) =>
      h(
        'button',
        {
          type: 'button',
          role: 'menuitem',
          onclick: () => {
            menu.hidePopover();
            item.run();
          },
        },
        icon(item.icon),
        item.label,
      ),
    ),
  );
  menu.onkeydown = (event) => {
    const next = walk(event, [...menu.querySelectorAll('button')]);
    if (next) {
      event.preventDefault();
      next.focus();
    } else if (event.key === 'Escape') {
      back.focus();
    } else if (event.key === 'Tab') {
      menu.hidePopover();
    }
  };
  menu.showPopover();
  place(menu, anchor.getBoundingClientRect());
  menu.querySelector('button')?.focus({ preventScroll: true });
}

/** Above the message, or below it where there is no room; never off the screen. @param {HTMLElement} menu @param {DOMRect} at */
function place(menu, at) {
  const { offsetWidth: width, offsetHeight: height } = menu;
  const top = at.top - height - 8;
  const below = top < 8;
  const left = Math.min(Math.max(8, at.left + at.width / 2 - width / 2), window.innerWidth - width - 8);
  menu.classList.toggle('below', below);
  menu.style.left = `${left}px`;
  menu.style.top = `${below ? Math.min(at.bottom + 8, window.innerHeight - height - 8) : top}px`;
  menu.style.setProperty('--tip', `${Math.min(Math.max(14, at.left + at.width / 2 - left), width - 14)}px`);
}

/**
 * Tell when somebody asks for the menu of a row within list.
 * @param {HTMLElement} list @param {(row: HTMLElement, anchor: HTMLElement) => void} onAsk
 */
export function watchForMenu(list, onAsk) {
  let timer = 0;
  let from = { x: 0, y: 0 };
  /** @param {Event} event */
  const ask = (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    const row = /** @type {HTMLElement|null} */ (target.closest('.row'));
    const line = target.closest('.line') || row?.querySelector('.line');
    if (!row || !line) return false;
    onAsk(row, /** @type {HTMLElement} */ (line.querySelector('.bubble, .picture') || line));
    return true;
  };
  list.addEventListener('contextmenu', (event) => {
    if (/** @type {HTMLElement} */ (event.target).closest('.line, .row:focus') && ask(event)) event.preventDefault();
  });
  list.addEventListener('click', (event) => {
    if (/** @type {HTMLElement} */ (event.target).closest('.more')) ask(event);
  });
  // iOS sends no contextmenu on a long press.
  list.addEventListener('pointerdown', (event) => {
    if (event.pointerType !== 'touch' || !(/** @type {HTMLElement} */ (event.target).closest('.line'))) return;
    from = { x: event.clientX, y: event.clientY };
    timer = window.setTimeout(() => ask(event), LONG_PRESS);
  });
  list.addEventListener('pointermove', (event) => {
    if (Math.hypot(event.clientX - from.x, event.clientY - from.y) > SLIP) window.clearTimeout(timer);
  });
  for (const end of ['pointerup', 'pointercancel']) list.addEventListener(end, () => window.clearTimeout(timer));
}
