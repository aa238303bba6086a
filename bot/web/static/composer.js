// The input bar of a chat: text, pictures, a quote, and things to try.

import { gist } from './bubble.js';
import { say } from './api.js';
import { h, icon } from './dom.js';
import { toast } from './notices.js';

/** @typedef {import('./store.js').Store} Store */
/** @typedef {import('./store.js').Bubble} Bubble */
/** @typedef {{text: string, quote: Bubble|null, pictures: File[]}} Draft */

const MAX_TEXT = 5000;
const MAX_PICTURE = 10 * 1024 * 1024;
const MAX_PICTURES = 9;
const TYPES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'];

export class Composer {
  #chat = '';
  #sender = '';
  /** @type {Bubble|null} */ #quote = null;
  /** @type {File[]} */ #pictures = [];
  /** @type {Map<string, Draft>} */ #drafts = new Map();
  #sending = Promise.resolve();

  /** @param {HTMLElement} root the chat's section @param {string} where its name for screen readers */
  constructor(root, where) {
    this.where = where;
    this.hints = h('div', { class: 'hints', hidden: true, role: 'group', 'aria-label': '可以试试' });
    this.quoteBar = h('div', { class: 'quote-bar', hidden: true });
    this.thumbs = h('ul', { class: 'thumbs', hidden: true, 'aria-label': '要发的图片' });
    this.box = /** @type {HTMLTextAreaElement} */ (h('textarea', { rows: '1', enterkeyhint: 'send', autocomplete: 'off' }));
    this.file = /** @type {HTMLInputElement} */ (
      h('input', { type: 'file', accept: TYPES.join(','), multiple: true, hidden: true, 'aria-label': '选图片' })
    );
    this.sendButton = /** @type {HTMLButtonElement} */ (h('button', { type: 'submit', class: 'send' }, '发送'));
    this.bulb = h('button', { type: 'button', class: 'plain bulb', 'aria-label': '看看可以试什么', title: '看看可以试什么' }, icon('bulb'));
    const pick = h('button', { type: 'button', class: 'plain', 'aria-label': '发图片', title: '发图片' }, icon('picture'));
    pick.addEventListener('click', () => this.file.click());
    this.form = h('form', { class: 'bar' }, this.bulb, pick, this.box, this.sendButton, this.file);
    this.closed = h('p', { class: 'closed', hidden: true });
    root.append(h('div', { class: 'composer' }, this.hints, this.quoteBar, this.thumbs, this.form, this.closed));
    this.#listen(root);
  }

  #listen(root) {
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.send();
    });
    this.box.addEventListener('input', () => this.#refresh());
    this.box.addEventListener('keydown', (event) => {
      // An input method's Enter chooses a word (229: Safari says so only after it), it does not send.
      if (event.key === 'Enter' && !event.shiftKey && !event.isComposing && event.keyCode !== 229) {
        event.preventDefault();
        this.send();
      } else if (event.key === 'Escape' && this.#quote) {
        this.quote(null);
      }
    });
    this.file.addEventListener('change', () => {
      this.#add([...(this.file.files || [])]);
      this.file.value = '';
    });
    this.box.addEventListener('paste', (event) => {
      const files = [...(event.clipboardData?.files || [])];
      if (files.length) event.preventDefault();
      this.#add(files);
    });
    root.addEventListener('dragover', (event) => event.preventDefault());
    root.addEventListener('drop', (event) => {
      event.preventDefault();
      if (!this.form.hidden) this.#add([...(event.dataTransfer?.files || [])]);
    });
  }

  /**
   * Speak as sender in chat from now on; what was begun elsewhere is kept for later.
   * @param {string} chat @param {string} sender @param {string} name
   */
  open(chat, sender, name) {
    const key = `${chat} ${sender}`;
    if (this.#chat) {
      this.#drafts.set(`${this.#chat} ${this.#sender}`, { text: this.box.value, quote: this.#quote, pictures: this.#pictures });
    }
    [this.#chat, this.#sender] = [chat, sender];
    this.box.placeholder = `${name}说……`;
    this.box.setAttribute('aria-label', `${this.where}：以${name}的身份说话`);
    this.#restore(this.#drafts.get(key) || { text: '', quote: null, pictures: [] });
  }

  /** Nobody may speak here: say why, with a way out. @param {(Node|string)[]|null} why */
  close(why) {
    this.form.hidden = why !== null;
    this.closed.hidden = why === null;
    this.closed.replaceChildren(...(why || []));
  }

  /** Put words into the input, ready to be sent. @param {string} text */
  fill(text) {
    this.box.value = text;
    this.#refresh();
    this.focus();
    // 「办结 1 说明」: the last word stands for what one wants to say.
    const blank = text.match(/(?<=\s)[‹<]?(?:说明|原因|内容|话)[›>]?$/u);
    if (blank?.index) this.box.setSelectionRange(blank.index, text.length);
  }

  /** Add words at the end. @param {string} text */
  insert(text) {
    const old = this.box.value;
    this.fill(old && !old.endsWith(' ') ? `${old} ${text}` : old + text);
  }

  /** @param {Bubble|null} bubble */
  quote(bubble) {
    this.#showQuote(bubble);
    this.focus();
  }

  /** @param {Bubble|null} bubble */
  #showQuote(bubble) {
    this.#quote = bubble;
    this.quoteBar.hidden = bubble === null;
    this.quoteBar.replaceChildren();
    if (bubble) {
      const drop = h('button', { type: 'button', class: 'plain', 'aria-label': '不引用了', onclick: () => this.quote(null) }, icon('close'));
      this.quoteBar.append(h('span', {}, `${bubble.name}：${gist(bubble)}`), drop);
    }
  }

  focus() {
    if (this.form.hidden || !this.form.offsetParent) return;
    this.box.focus();
    this.box.setSelectionRange(this.box.value.length, this.box.value.length);
  }

  send() {
    const text = this.box.value.trim();
    if (!text && !this.#pictures.length) return;
    const count = [...text].length;
    if (count > MAX_TEXT) {
      toast(`一条消息最多 ${MAX_TEXT} 个字，这条有 ${count} 个字。`);
      return;
    }
    const draft = { text, quote: this.#quote, pictures: this.#pictures };
    const [chat, sender] = [this.#chat, this.#sender];
    this.#restore({ text: '', quote: null, pictures: [] });
    this.focus();
    // One after the other: what is said first arrives first.
    this.#sending = this.#sending.then(async () => {
      try {
        await say({ chat, sender, text, quote: draft.quote?.id || null }, draft.pictures);
      } catch (error) {
        toast(/** @type {Error} */ (error).message);
        // The words come back, unless new ones were begun.
        if (chat === this.#chat && sender === this.#sender && !this.box.value) this.#restore(draft);
        else if (!this.#drafts.get(`${chat} ${sender}`)?.text) this.#drafts.set(`${chat} ${sender}`, draft);
      }
    });
  }

  /** @param {Draft} draft */
  #restore(draft) {
    this.box.value = draft.text;
    this.#pictures = draft.pictures;
    this.#showThumbs();
    this.#showQuote(draft.quote);
    this.#refresh();
  }

  /** @param {File[]} files */
  #add(files) {
    for (const file of files) {
      if (!TYPES.includes(file.type)) toast('只能发 PNG、JPEG、GIF 或 WebP 图片。');
      else if (file.size > MAX_PICTURE) toast('图片太大了，每张最多 10 MB。');
      else if (this.#pictures.length >= MAX_PICTURES) toast(`一次最多发 ${MAX_PICTURES} 张图片。`);
      else this.#pictures = [...this.#pictures, file];
    }
    this.#showThumbs();
    if (files.length) this.focus();
  }

  #showThumbs() {
    for (const image of this.thumbs.querySelectorAll('img')) URL.revokeObjectURL(image.src);
    this.thumbs.hidden = this.#pictures.length === 0;
    this.thumbs.replaceChildren(
      ...this.#pictures.map((file, index) => {
        const drop = h('button', { type: 'button', 'aria-label': `不发第 ${index + 1} 张` }, icon('close'));
        drop.addEventListener('click', () => {
          this.#pictures = this.#pictures.filter((other) => other !== file);
          this.#showThumbs();
          this.focus();
        });
        return h('li', {}, h('img', { src: URL.createObjectURL(file), alt: file.name }), drop);
      }),
    );
    this.#refresh();
  }

  #refresh() {
    if (!CSS.supports('field-sizing', 'content') && this.box.offsetParent) {
      this.box.style.height = 'auto';
      this.box.style.height = `${this.box.scrollHeight + 2}px`;
    }
    this.sendButton.classList.toggle('idle', !this.box.value.trim() && !this.#pictures.length);
  }
}
