// What the page knows, and who is told when it changes.

/**
 * @typedef {{id: string, name: string, mode: string, mode_name: string, muted: boolean}} Room
 * @typedef {{id: string, name: string, role_name: string, rooms: string[], note: string}} Person
 * @typedef {{id: string, chat: string, sender: string, name: string, text: string, at: string,
 *   picture: string|null, quote: {name: string, text: string}|null}} Bubble
 * @typedef {{number: string, kind: string, kind_name: string, category_name: string, status: string,
 *   status_name: string, room_name: string, title: string, place: string|null, private: boolean, urgency: string,
 *   opened_at: string, due_at: string|null, overdue: boolean, requesters: string[], handler: string|null,
 *   evidence: string[], history: {at: string, text: string}[], pictures: string[]}} Ticket
 */

/**
 * Events: "village" (rooms or people), "bubble" (detail: the Bubble), "board" (detail: the changed numbers),
 * "clock", "view" (another speaker or room), "unread".
 */
export class Store extends EventTarget {
  /** @type {Room[]} */ rooms = [];
  /** @type {Person[]} */ people = [];
  /** @type {Map<string, Bubble[]>} */ chats = new Map();
  /** @type {Map<string, Ticket>} */ tickets = new Map();
  /** @type {string[]} */ numbers = [];
  /** @type {Map<string, number>} unread bubbles by chat */ unread = new Map();
  epoch = '';
  now = '';
  speakerId = '';
  roomId = '';
  /** Whether a chat is in front of the visitor. @type {(chat: string) => boolean} */ isShown = () => false;
  /** @type {Set<string>} */ #known = new Set();

  /** @param {string} kind @param {any} data */
  take(kind, data) {
    if (kind === 'scene') this.#takeScene(data);
    else if (kind === 'bubble') this.#takeBubble(data, true);
    else if (kind === 'board') this.#takeBoard(data.numbers, data.changed);
    else if (kind === 'clock') this.#takeClock(data.now);
    else if (kind === 'rooms') this.#takeVillage(data);
  }

  #takeScene(scene) {
    if (this.epoch && this.epoch !== scene.epoch) {
      // Another run of the server: another village, where old ids mean other things.
      location.reload();
      return;
    }
    const first = !this.epoch;
    this.epoch = scene.epoch;
    this.now = scene.now;
    this.#takeVillage(scene);
    for (const bubble of scene.bubbles) this.#takeBubble(bubble, !first);
    this.#takeBoard(
      scene.board.map((ticket) => ticket.number),
      scene.board,
    );
    this.#tell('clock');
    if (first) this.#tell('view');
  }

  #takeVillage({ rooms, people }) {
    this.rooms = rooms;
    this.people = people;
    if (!this.person(this.speakerId) && people.length) {
      const kept = this.person(remembered('speaker')) || people[0];
      const room = remembered('room');
      this.speakerId = kept.id;
      this.roomId = kept.rooms.includes(room) ? room : kept.rooms[0] || rooms[0]?.id || '';
    }
    this.#tell('village');
  }

  #takeBubble(bubble, fresh) {
    if (this.#known.has(bubble.id)) return;
    this.#known.add(bubble.id);
    if (!this.chats.has(bubble.chat)) this.chats.set(bubble.chat, []);
    this.chats.get(bubble.chat)?.push(bubble);
    if (!fresh) return;
    if (Date.parse(bubble.at) > Date.parse(this.now)) this.#takeClock(bubble.at);
    if (bubble.sender !== this.speakerId && !this.isShown(bubble.chat)) {
      this.unread.set(bubble.chat, (this.unread.get(bubble.chat) || 0) + 1);
      this.#tell('unread');
    }
    this.#tell('bubble', bubble);
  }

  #takeBoard(numbers, changed) {
    const fresh = changed.filter((ticket) => JSON.stringify(this.tickets.get(ticket.number)) !== JSON.stringify(ticket));
    for (const ticket of changed) this.tickets.set(ticket.number, ticket);
    const kept = new Set(numbers);
    for (const number of this.tickets.keys()) if (!kept.has(number)) this.tickets.delete(number);
    this.numbers = numbers;
    this.#tell('board', fresh.map((ticket) => ticket.number));
  }

  #takeClock(now) {
    if (now === this.now) return;
    this.now = now;
    this.#tell('clock');
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  /** @param {string} type @param {(detail: any) => void} listener */
  on(type, listener) {
    this.addEventListener(type, (event) => listener(/** @type {CustomEvent} */ (event).detail));
  }

  /** @param {string|null} id */
  person(id) {
    return this.people.find((person) => person.id === id);
  }

  /** @param {string} id */
  room(id) {
    return this.rooms.find((room) => room.id === id);
  }

  get speaker() {
    return this.person(this.speakerId);
  }

  get groupChat() {
    return `room:${this.roomId}`;
  }

  get privateChat() {
    return `private:${this.speakerId}`;
  }

  /** The members of a group. @param {string} room */
  members(room) {
    return this.people.filter((person) => person.rooms.includes(room));
  }

  /** Speak as somebody; the group on show becomes one of theirs. @param {string} id */
  speakAs(id) {
    const person = this.person(id);
    if (!person) return;
    this.speakerId = id;
    if (person.rooms.length && !person.rooms.includes(this.roomId)) this.roomId = person.rooms[0];
    this.#viewChanged();
  }

  /** Look at a group. @param {string} id */
  openRoom(id) {
    this.roomId = id;
    this.#viewChanged();
  }

  #viewChanged() {
    remember('speaker', this.speakerId);
    remember('room', this.roomId);
    this.#tell('view');
    this.readShown();
  }

  /** What is in front of the visitor counts as read. */
  readShown() {
    for (const chat of [...this.unread.keys()]) if (this.isShown(chat)) this.unread.delete(chat);
    this.#tell('unread');
  }
}

/** Storage may be forbidden; then the page simply forgets. @param {string} key */
export function remembered(key) {
  try {
    return sessionStorage.getItem(`xiaoshao.${key}`);
  } catch {
    return null;
  }
}

/** @param {string} key @param {string} value */
export function remember(key, value) {
  try {
    sessionStorage.setItem(`xiaoshao.${key}`, value);
  } catch {
    // Nothing depends on it.
  }
}
