// Small helpers to build the page. Text only ever goes in as text: nothing here parses HTML.

const SVG = 'http://www.w3.org/2000/svg';

/**
 * Make an element. Attributes that are null or false are left out, "on…" functions become listeners.
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Node|string|null|false|undefined)} children
 * @returns {HTMLElement}
 */
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/**
 * The same for SVG.
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Node|string|null|false|undefined)} children
 * @returns {SVGElement}
 */
export function s(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

/** @template {Element} T @param {T} element @param {Record<string, any>} attributes @param {any[]} children @returns {T} */
function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** An icon of the sprite in index.html. @param {string} name */
export function icon(name) {
  return s('svg', { class: 'icon', 'aria-hidden': 'true' }, s('use', { href: `#i-${name}` }));
}

/** @template {HTMLElement} [T=HTMLElement] @param {string} selector @param {ParentNode} [root] @returns {T} */
export function $(selector, root = document) {
  return /** @type {any} */ (root.querySelector(selector));
}

/** Put a count on a badge; nought hides it. @param {HTMLElement} badge @param {number} count */
export function setBadge(badge, count) {
  badge.hidden = count === 0;
  badge.textContent = count > 99 ? '99+' : String(count);
  badge.setAttribute('aria-label', `${count} 条未读`);
}

/**
 * Arrow keys walk over the items of a group, Home and End jump. Returns the item to go to, or null.
 * @param {KeyboardEvent} event
 * @param {HTMLElement[]} items
 */
export function walk(event, items) {
  const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  switch (event.key) {
    case 'ArrowDown':
    case 'ArrowRight':
      return items[(at + 1) % items.length];
    case 'ArrowUp':
    case 'ArrowLeft':
      return items[(at - 1 + items.length) % items.length];
    case 'Home':
      return items[0];
    case 'End':
      return items[items.length - 1];
    default:
      return null;
  }
}

/** A mouse wheel moves a strip that is too wide for its place. @param {HTMLElement} strip */
export function sideways(strip) {
  strip.addEventListener(
    'wheel',
    (event) => {
      const box = $('.chips', strip) || strip;
      if (event.deltaX || box.scrollWidth <= box.clientWidth) return;
      event.preventDefault();
      box.scrollLeft += event.deltaY;
    },
    { passive: false },
  );
}
