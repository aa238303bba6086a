// The village's clock in the header, and the buttons that move it on.

import { moveClock } from './api.js';
import { $, h } from './dom.js';
import { announce, toast } from './notices.js';
import { header } from './time.js';

/** @typedef {import('./store.js').Store} Store */

/** @param {Store} store */
export function startClock(store) {
  const now = $('#now');
  const moves = $('#clock-moves');
  const buttons = /** @type {HTMLButtonElement[]} */ ([...moves.querySelectorAll('button')]);

  store.on('clock', () => {
    const [day, weekday, clock] = header(store.now);
    now.replaceChildren(
      h('span', { class: 'day' }, `${day} ${weekday}`),
      h('time', { class: 'hour', datetime: store.now }, clock),
    );
    now.setAttribute('aria-label', `村里的时间：${day} ${weekday} ${clock}`);
  });

  async function move(button) {
    const { minutes, hour } = button.dataset;
    for (const other of buttons) other.disabled = true;
    moves.setAttribute('aria-busy', 'true');
    try {
      const answer = await moveClock(minutes ? { minutes: Number(minutes) } : { hour: Number(hour), minute: 0 });
      store.take('clock', answer);
      announce(`现在是${header(store.now).join(' ')}`);
      if (moves.matches(':popover-open')) moves.hidePopover();
    } catch (error) {
      toast(/** @type {Error} */ (error).message);
    } finally {
      for (const other of buttons) other.disabled = false;
      moves.removeAttribute('aria-busy');
      if (button.offsetParent) button.focus();
    }
  }
  for (const button of buttons) button.addEventListener('click', () => move(button));
}
