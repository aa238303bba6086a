// The server: one stream of news, and three requests.

/** @typedef {import('./store.js').Store} Store */

const KINDS = ['bubble', 'board', 'clock', 'rooms'];
const AGAIN = 1500; // ms

/**
 * @param {string} path
 * @param {RequestInit} [options]
 * @returns {Promise<any>} the JSON answer; throws an Error with the sentence to show
 */
async function request(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Error('连不上模拟器，看看终端里它还在不在运行。');
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error || '模拟器没有回应这个请求。');
  return answer;
}

/** @param {string} path @param {object} body */
function post(path, body) {
  return request(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
}

/**
 * Speak.
 * @param {{chat: string, sender: string, text: string, quote: string|null}} message
 * @param {File[]} pictures
 */
export function say(message, pictures) {
  if (!pictures.length) return post('/api/say', message);
  const form = new FormData();
  for (const [name, value] of Object.entries(message)) if (value !== null) form.append(name, value);
  for (const picture of pictures) form.append('picture', picture);
  return request('/api/say', { method: 'POST', headers: { 'X-Xiaoshao': '1' }, body: form });
}

/** Move the clock. @param {{minutes: number}|{hour: number, minute: number}} move */
export function moveClock(move) {
  return post('/api/clock', move);
}

/**
 * Follow the village. Every time that the stream opens the whole scene is fetched; news that comes meanwhile waits,
 * so an older scene never overwrites it.
 * @param {(kind: string, data: any) => void} on kinds: scene, bubble, board, clock, rooms
 * @param {(online: boolean) => void} onState
 */
export function follow(on, onState) {
  /** @type {[string, any][]|null} */
  let waiting = [];

  function open() {
    const source = new EventSource('/api/events');
    const refresh = async () => {
      waiting = [];
      try {
        on('scene', await request('/api/scene'));
      } catch {
        onState(false);
        if (source.readyState === EventSource.OPEN) setTimeout(refresh, AGAIN);
        return;
      }
      const missed = waiting || [];
      waiting = null;
      for (const [kind, data] of missed) on(kind, data);
      onState(true);
    };
    source.addEventListener('open', refresh);
    source.addEventListener('error', () => {
      onState(false);
      // The browser reconnects by itself, except after an answer that is no stream.
      if (source.readyState === EventSource.CLOSED) setTimeout(open, AGAIN);
    });
    for (const kind of KINDS) {
      source.addEventListener(kind, (event) => {
        const data = JSON.parse(event.data);
        if (waiting) waiting.push([kind, data]);
        else on(kind, data);
      });
    }
  }
  open();
}
