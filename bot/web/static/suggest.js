// Things to try, for whoever speaks: what this person could sensibly say next, from the role and the board.

import { $, h, icon } from './dom.js';
import { remember, remembered } from './store.js';

/** @typedef {import('./store.js').Store} Store */
/** @typedef {import('./store.js').Person} Person */
/** @typedef {import('./store.js').Ticket} Ticket */
/** @typedef {{label: string, text: string, as?: Person}} Hint */

/** @type {[string, string][]} */
const COMPLAINTS = [
  ['反映路灯不亮', '村口那盏路灯坏了好几天了，晚上黑漆漆的，老人都不敢出门'],
  ['说垃圾没人收', '垃圾桶满了三天没人收，苍蝇到处飞，臭死了'],
  ['说下水道堵了', '3栋2单元门口下水道堵了，污水都漫到路上了'],
];
/** @type {[string, string][]} */
const WISHES = [
  ['想借轮椅', '我妈腿摔了，想借一台轮椅用半个月，哪位邻居家有？'],
  ['找人修水龙头', '家里水龙头一直滴水，我一个人弄不来，有没有人能帮忙修一下'],
  ['想给孩子补数学', '孩子放学没人管，想找个大学生帮忙辅导一下数学'],
];
/** @type {[string, string][]} */
const DISPUTES = [
  ['说欠薪的事', '老板拖了我三个月工资，打电话也不接，说没钱'],
  ['说邻里纠纷', '楼上天天半夜拖桌子，跟他说了好几次还骂人'],
];
/** @type {[string, string][]} */
const CHAT = [
  ['说句闲话', '今天太阳真好，晒被子去咯'],
  ['问声早', '大家早上好[玫瑰]'],
];

/** @param {Person} person */
const isResident = (person) => person.role_name === '居民';
/** @param {Person} person */
const isParty = (person) => person.role_name.includes('党员');
/** @param {Person} person */
const isLeader = (person) => /网格长|书记|治理员|村社区|镇街|区直|网格员|干部|主任/.test(person.role_name);

/** @param {Store} store */
function tickets(store) {
  return store.numbers.map((number) => /** @type {Ticket} */ (store.tickets.get(number)));
}

/** Each person gets other examples, always the same. @template T @param {T[]} list @param {Store} store @param {number} [shift] @returns {T} */
function one(list, store, shift = 0) {
  const at = Math.max(0, store.people.findIndex((person) => person.id === store.speakerId));
  return list[(at + shift) % list.length];
}

/** In the group. @param {Store} store @returns {Hint[]} */
function groupHints(store) {
  const person = store.speaker;
  if (!person) return [];
  const room = store.room(store.roomId)?.name;
  const here = tickets(store).filter((ticket) => !ticket.private && ticket.room_name === room);
  const open = here.find((ticket) => ticket.kind === 'wish' && ticket.status === 'open');
  const mine = here.find((ticket) => ticket.status === 'claimed' && ticket.handler === person.name);
  const fresh = here.find((ticket) => ticket.kind === 'complaint' && ticket.status === 'open');
  const going = here.find((ticket) => ticket.status === 'accepted' || ticket.status === 'in_progress');
  const asked = here.find((ticket) => ['done', 'resolved'].includes(ticket.status) && ticket.requesters.includes(person.name));
  /** @type {Hint[]} */ const hints = [];
  /** @param {string} label @param {string} text @param {Person} [as] */
  const add = (label, text, as) => hints.push({ label, text, as });

  if (asked) add(`说满意 #${asked.number}`, `满意 ${asked.number}`);
  if (isParty(person) && open) add(`认领 #${open.number}`, `认领 ${open.number}`);
  if (mine) add(`报告办完 #${mine.number}`, `完成 ${mine.number} 已经送到家里了`);
  if (isLeader(person) && fresh) add(`受理 #${fresh.number}`, `受理 ${fresh.number}`);
  if (isLeader(person) && going) add(`办结 #${going.number}`, `办结 ${going.number} 已经修好了，请大家看看`);
  if (isResident(person)) add(...one(COMPLAINTS, store));
  const other = store.members(store.roomId).find((member) => member !== person && (open ? isParty(member) : isLeader(member)));
  if (isResident(person) && other && open) add(`换${other.name}来认领 #${open.number}`, `认领 ${open.number}`, other);
  else if (isResident(person) && other && fresh) add(`换${other.name}来受理 #${fresh.number}`, `受理 ${fresh.number}`, other);
  if (isResident(person)) {
    add(...one(WISHES, store, 1));
    add(...one(CHAT, store));
  } else {
    add('看心愿菜单', '@小哨 菜单');
  }
  add('问小哨会什么', '@小哨 帮助');
  return hints;
}

/** In private. @param {Store} store @returns {Hint[]} */
function privateHints(store) {
  const person = store.speaker;
  if (!person) return [];
  const signal = tickets(store).find((ticket) => ticket.status === 'waiting');
  /** @type {Hint[]} */ const hints = [];
  if (isLeader(person)) {
    if (signal) hints.push({ label: `确认 ${signal.number}`, text: `确认 ${signal.number}` }, { label: `忽略 ${signal.number}`, text: `忽略 ${signal.number}` });
    hints.push({ label: '要今天的日报', text: '日报' });
  } else if (isResident(person)) {
    const [label, text] = one(DISPUTES, store);
    hints.push({ label, text });
  }
  hints.push({ label: '我的事办得怎样', text: '我的' }, { label: '帮助', text: '帮助' });
  return hints;
}

/**
 * Keep the strips of both chats up to date. The cross hides them, the bulb brings them back.
 * @param {Store} store
 * @param {Record<'group'|'private', import('./composer.js').Composer>} composers
 */
export function startHints(store, composers) {
  const strips = [
    { composer: composers.group, hints: groupHints },
    { composer: composers.private, hints: privateHints },
  ];
  let hidden = remembered('hints') === 'hidden';
  const hide = (value) => {
    hidden = value;
    remember('hints', hidden ? 'hidden' : 'shown');
    draw();
  };
  function draw() {
    for (const { composer, hints } of strips) {
      const closed = composer.form.hidden;
      composer.hints.hidden = hidden || closed;
      composer.bulb.setAttribute('aria-pressed', String(!hidden));
      if (composer.hints.hidden) {
        composer.hints.replaceChildren();
        continue;
      }
      const chips = hints(store).map((hint) => {
        const chip = h('button', { type: 'button', class: hint.as ? 'chip other' : 'chip', title: hint.text }, hint.label);
        chip.addEventListener('click', () => {
          if (hint.as) store.speakAs(hint.as.id);
          composer.fill(hint.text);
        });
        return chip;
      });
      const drop = h('button', { type: 'button', class: 'plain drop', 'aria-label': '收起提示', onclick: () => hide(true) }, icon('close'));
      const strip = h('div', { class: 'chips' }, h('span', { class: 'lead' }, '试试'), ...chips);
      const old = $('.chips', composer.hints)?.scrollLeft || 0;
      composer.hints.replaceChildren(strip, drop);
      strip.scrollLeft = old;
    }
  }
  for (const { composer } of strips) composer.bulb.addEventListener('click', () => hide(!hidden));
  for (const type of ['view', 'board', 'village']) store.on(type, draw);
}
