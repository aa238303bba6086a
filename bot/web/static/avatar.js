// Rounded square faces, drawn from the name: a small picture as people of a village like it, and the surname on top.
// Each is drawn once as a symbol; a bubble only refers to it.

import { $, s } from './dom.js';

/** @type {Set<string>} */
const drawn = new Set();

/** @param {string} text */
function hash(text) {
  let value = 2166136261;
  for (const char of text) value = Math.imul(value ^ (char.codePointAt(0) || 0), 16777619) >>> 0;
  // Names of a village are short and alike: mix the bits well, or half of the faces are green.
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

/** Backgrounds by number; hue is the person's own. */
const SCENES = [
  // sun over hills
  (hue) => [
    s('circle', { cx: 29, cy: 11, r: 5, fill: `hsl(${hue + 40} 90% 78%)` }),
    s('path', { d: 'M0 27q10-9 20 0t20-3v16H0z', fill: `hsl(${hue} 42% 40%)` }),
    s('path', { d: 'M0 33q12-7 22 0t18-3v10H0z', fill: `hsl(${hue} 46% 31%)` }),
  ],
  // a flower
  (hue) =>
    [0, 72, 144, 216, 288].map((turn) =>
      s('ellipse', { cx: 20, cy: 8, rx: 8, ry: 10, fill: `hsl(${hue + 25} 65% 72% / .6)`, transform: `rotate(${turn} 20 20)` }),
    ),
  // water and a moon
  (hue) => [
    s('circle', { cx: 10, cy: 10, r: 6, fill: `hsl(${hue + 60} 80% 88%)` }),
    s('path', { d: 'M0 25q5-4 10 0t10 0 10 0 10 0v15H0z', fill: `hsl(${hue + 10} 50% 38%)` }),
    s('path', { d: 'M-5 32q5-4 10 0t10 0 10 0 10 0 10 0v12H-5z', fill: `hsl(${hue + 10} 52% 30%)` }),
  ],
  // leaves
  (hue) =>
    [-40, 0, 40].map((turn) =>
      s('path', { d: 'M20 42q-9-16 0-34q9 18 0 34', fill: `hsl(${hue + 20} 45% 58% / .6)`, transform: `rotate(${turn} 20 42)` }),
    ),
  // mountains
  (hue) => [
    s('path', { d: 'M-4 40L13 14l16 26z', fill: `hsl(${hue} 38% 42%)` }),
    s('path', { d: 'M14 40l14-20 16 20z', fill: `hsl(${hue} 42% 33%)` }),
  ],
];

/** @param {string} key @param {string} name */
function draw(key, name) {
  const seed = hash(name);
  const hue = (seed % 24) * 15;
  const scenery = SCENES[(seed >>> 8) % SCENES.length](hue);
  const letter = s('text', {
    x: 20,
    y: 20,
    class: 'letter',
    'text-anchor': 'middle',
    'dominant-baseline': 'central',
    fill: '#fff',
    stroke: `hsl(${hue} 45% 26%)`,
  });
  letter.textContent = [...name][0] || '?';
  return s('symbol', { id: key, viewBox: '0 0 40 40' }, s('rect', { width: 40, height: 40, fill: `hsl(${hue} 42% 52%)` }), ...scenery, letter);
}

function drawBot() {
  return s(
    'symbol',
    { id: 'face-bot', viewBox: '0 0 40 40' },
    s('rect', { width: 40, height: 40, fill: '#07c160' }),
    s('path', { d: 'M20 7l11 4v8c0 7-4.5 11.5-11 14.5C13.5 30.5 9 26 9 19v-8z', fill: '#fff' }),
    s('circle', { cx: 16, cy: 18, r: 2, fill: '#06994c' }),
    s('circle', { cx: 24, cy: 18, r: 2, fill: '#06994c' }),
    s('path', { d: 'M15 23.5c2.5 3 7.5 3 10 0', fill: 'none', stroke: '#06994c', 'stroke-width': 2.2, 'stroke-linecap': 'round' }),
  );
}

/**
 * The face of a person or of the bot. Names stand beside it, so it is hidden from screen readers.
 * @param {string} id @param {string} name
 */
export function avatar(id, name) {
  const key = id === 'bot' ? 'face-bot' : `face-${hash(name).toString(36)}`;
  if (!drawn.has(key)) {
    drawn.add(key);
    $('#faces').append(id === 'bot' ? drawBot() : draw(key, name));
  }
  return s('svg', { class: 'avatar', viewBox: '0 0 40 40', 'aria-hidden': 'true' }, s('use', { href: `#${key}` }));
}
