// A picture in full. A click anywhere or Escape closes it.

import { $, h } from './dom.js';

/** @param {string} source @param {string} label */
export function showPicture(source, label) {
  const viewer = /** @type {HTMLDialogElement} */ ($('#viewer'));
  const close = () => viewer.close();
  const button = h('button', { type: 'button', class: 'whole', 'aria-label': '关闭图片', onclick: close });
  button.append(h('img', { src: source, alt: label }));
  viewer.replaceChildren(button);
  viewer.showModal();
}
