// One message as WeChat shows it.

import { avatar } from './avatar.js';
import { h, icon } from './dom.js';
import { showPicture } from './viewer.js';

/** @typedef {import('./store.js').Bubble} Bubble */

const BULLET = /^\s?(?:[·•\-–▪◦✅⚠]|\d{1,2}[.、)）]|[#＃S]\d+)\s*/u;
const COMMAND =
  /「((?:@?小哨\s*)?(?:帮助|菜单|登记|改|认领|放弃|完成|确认|满意|一般|不满意|撤回|查|我的|受理|处理|办结|上报|吹哨|误报|转办|忽略|日报|安静|恢复|同意|忘记我|别听我|可以听我)(?:\s[^「」\n]{1,20}|\s*#?\d+)?)」/gu;

/** Whether this machine can draw emoji: one without such a font would show empty boxes. */
const colourful = once(() => {
  const canvas = /** @type {HTMLCanvasElement} */ (h('canvas', { width: 8, height: 8 }));
  const brush = canvas.getContext('2d');
  brush?.fillText('🌹', -2, 8);
  const pixels = brush?.getImageData(0, 0, 8, 8).data || [];
  return pixels.some((value, index) => index % 4 === 0 && Math.abs(value - pixels[index + 1]) > 40);
});

/** @template T @param {() => T} find @returns {() => T} */
function once(find) {
  /** @type {{value: T}|null} */ let found = null;
  return () => (found ??= { value: find() }).value;
}

/** The commonest of WeChat's own emoji, which travel as words. */
const EMOJI = new Map(
  Object.entries({
    微笑: '🙂', 玫瑰: '🌹', 强: '👍', 抱拳: '🙏', 呲牙: '😁', 捂脸: '🤦', 流泪: '😭', 大哭: '😭', 爱心: '❤️', 握手: '🤝', 鼓掌: '👏', 偷笑: '🤭',
    OK: '👌', 太阳: '☀️', 月亮: '🌙', 庆祝: '🎉', 发怒: '😡', 尴尬: '😅', 合十: '🙏', 咖啡: '☕', 蛋糕: '🎂', 拥抱: '🤗', 愉快: '😊', 憨笑: '😄',
  }),
);

/** @param {string} text */
function withEmoji(text) {
  return text.replace(/\[(\p{Script=Han}{1,2}|OK)\]/gu, (code, name) => EMOJI.get(name) || code);
}

/**
 * @param {Bubble} bubble
 * @param {{own: boolean, group: boolean, role: string, onCommand: (text: string) => void}} how
 * @returns {HTMLElement} a list item
 */
export function renderBubble(bubble, { own, group, role, onCommand }) {
  const row = h('li', { class: own ? 'row own' : 'row', 'data-id': bubble.id, tabindex: '-1' });
  const body = h('div', { class: 'body' });
  const name = h('span', { class: own || !group ? 'hidden-text' : 'name' }, own ? `${bubble.name}（我）` : bubble.name);
  if (group && !own && role && role !== '居民') name.append(h('span', { class: 'role' }, role));
  body.append(name);
  if (bubble.picture) body.append(line(pictureOf(bubble)));
  if (bubble.text) {
    body.append(line(h('div', { class: 'bubble' }, ...textOf(bubble, onCommand))));
  }
  if (bubble.quote) {
    const said = `${bubble.quote.name}${bubble.quote.name ? '：' : ''}${bubble.quote.text}`;
    body.append(h('button', { type: 'button', class: 'quoted', tabindex: '-1', title: '看原话' }, said));
  }
  row.append(avatar(bubble.sender, bubble.name), body);
  return row;
}

/** The bubble and the dots beside it that open its menu. @param {HTMLElement} content */
function line(content) {
  const more = h('button', { type: 'button', class: 'more', tabindex: '-1', 'aria-label': '消息菜单' }, icon('more'));
  return h('div', { class: 'line' }, content, more);
}

/** @param {Bubble} bubble */
function pictureOf(bubble) {
  const source = bubble.picture || '';
  const label = `${bubble.name}发的图片，点开看大图`;
  const image = h('img', { src: source, alt: '', loading: 'lazy', decoding: 'async', draggable: 'false' });
  return h('button', { type: 'button', class: 'picture', 'aria-label': label, onclick: () => showPicture(source, label) }, image);
}

/**
 * Long texts line by line, so that lists in a digest hang neatly; a bot's 「命令」 fills the input when touched.
 * @param {Bubble} bubble @param {(text: string) => void} onCommand
 * @returns {(Node|string)[]}
 */
function textOf(bubble, onCommand) {
  const words = (text) => (bubble.sender === 'bot' ? withCommands(text, onCommand) : [text]);
  const said = colourful() ? withEmoji(bubble.text) : bubble.text;
  if (!said.includes('\n')) return words(said);
  return said.split('\n').map((text, place) => {
    if (!text.trim()) return h('span', { class: 'gap' }, '\n');
    // A list never begins on the first line: there "#3" is what the whole text is about.
    const kind = place && BULLET.test(text) ? 'item' : /^\s{2,}|^\u3000/u.test(text) ? 'under' : 'para';
    return h('span', { class: kind }, ...words(text.trimStart()), '\n');
  });
}

/** A span, as a button could not break over two lines. @param {string} text @param {(text: string) => void} onCommand @returns {(Node|string)[]} */
function withCommands(text, onCommand) {
  /** @type {(Node|string)[]} */ const out = [];
  let from = 0;
  for (const match of text.matchAll(COMMAND)) {
    const command = match[1];
    out.push(`${text.slice(from, match.index)}「`);
    out.push(h('span', { role: 'button', class: 'command', tabindex: '-1', onclick: () => onCommand(command) }, command));
    out.push('」');
    from = match.index + match[0].length;
  }
  out.push(text.slice(from));
  return out;
}

/** What a quote of this bubble shows. @param {Bubble} bubble */
export function gist(bubble) {
  return bubble.text.replace(/\s+/g, ' ').trim() || (bubble.picture ? '[图片]' : '');
}
