/**
 * A real Wechaty gateway (wechaty-puppet-service) over an imitated messenger (wechaty-puppet-mock), for tests.
 *
 * Environment: GATEWAY_PORT and GATEWAY_TOKEN of the gRPC server, GATEWAY_TLS=1 for its own default certificate.
 * Ends when its standard input does. Prints one line of JSON, {"control": port}, when it serves. What happens in the messenger is asked for by
 * POST / {"do": name, ...} on the control port (127.0.0.1); commands below. Faults of the process are signals.
 */
import { createHash } from 'node:crypto'
import http from 'node:http'
import { performance } from 'node:perf_hooks'
import { FileBox } from 'file-box'
import { log, types } from 'wechaty-puppet'
import { PuppetMock } from 'wechaty-puppet-mock'
import { PuppetServer } from 'wechaty-puppet-service'

log.level('silent')
const { GATEWAY_PORT, GATEWAY_TOKEN, GATEWAY_TLS } = process.env
const now = () => performance.timeOrigin + performance.now()
const md5 = buffer => createHash('md5').update(buffer).digest('hex')

/** What tests switch: echo own messages, hang a send before or after delivering it, fail it, hear nothing, ... */
const USUAL = {
  account: 'bot',
  autoLogin: true,
  echo: true,
  hang: null,
  fail: null,
  failText: false,
  deaf: false,
  dong: true,
  refuseSelf: false,
}

class Messenger extends PuppetMock {
  modes = { ...USUAL }

  messages = new Map()
  files = new Map()
  places = new Map()
  friends = new Map()
  accepted = []
  sent = []
  starts = 0
  last = 0

  async onStart () {
    await super.onStart()
    this.starts += 1
    if (this.modes.autoLogin) setImmediate(() => this.enter())
  }

  enter () {
    if (this.isLoggedIn) return
    this.login(this.modes.account)
    this.emit('ready', { data: 'ready' })
  }

  ding (data) {
    if (this.modes.dong) setImmediate(() => this.emit('dong', { data: data || '' }))
  }

  put ({ id, from, room, to, text = '', mentions = [], type = types.Message.Text, at, filename }) {
    const message = {
      id: id ?? `m${++this.last}-${process.pid}`,
      talkerId: from,
      text,
      timestamp: at ?? Date.now(),
      type,
      filename,
      ...(room ? { roomId: room, mentionIdList: mentions } : { listenerId: to ?? this.modes.account }),
    }
    this.messages.set(message.id, message)
    this.tell(message.id)
    return message.id
  }

  tell (messageId) {
    if (!this.modes.deaf) this.emit('message', { messageId })
  }

  async deliver (conversationId, what) {
    const { hang, fail, failText, echo, account, refuseSelf } = this.modes
    if (!this.isLoggedIn) throw new Error('not logged in')
    if (failText && what.text) throw new Error('no words today')
    if (fail) throw Object.assign(new Error('refused by the messenger'), { code: fail, details: 'refused' })
    if (refuseSelf && conversationId === account) throw Object.assign(new Error('not to oneself'), { code: 3, details: 'no' })
    if (hang === 'before') return await new Promise(() => {})
    const id = `s${this.sent.length + 1}-${process.pid}`
    const room = conversationId.includes('@') ? conversationId : undefined
    this.sent.push({ id, conversation: conversationId, at: now(), ...what })
    const type = what.file ? types.Message.Image : types.Message.Text
    const message = { id, from: account, room, to: conversationId, text: what.text ?? '', type, mentions: what.mentions }
    if (echo) setImmediate(() => this.put(message))
    if (hang === 'after') return await new Promise(() => {})
    return id
  }

  async messageSendText (conversationId, text, mentions = []) {
    return this.deliver(conversationId, { text, mentions })
  }

  async messageSendFile (conversationId, file) {
    const buffer = await file.toBuffer()
    return this.deliver(conversationId, { file: { name: file.name, size: buffer.length, md5: md5(buffer) } })
  }

  async messageRawPayload (id) {
    const found = this.messages.get(id)
    if (!found) throw new Error('no such message')
    return found
  }

  file (id) {
    const found = this.files.get(id)
    if (!found) throw new Error('no such file')
    if (found.url) return FileBox.fromUrl(found.url, { name: found.name })
    // As messengers do it; the server cannot put a small FileBox of a buffer into its answer.
    if (found.buffer.length <= 20 * 1024) return FileBox.fromBase64(found.buffer.toString('base64'), found.name)
    return FileBox.fromBuffer(found.buffer, found.name)
  }

  async messageImage (id) { return this.file(id) }
  async messageFile (id) { return this.file(id) }
  async messageLocation (id) { return this.places.get(id) ?? super.messageLocation(id) }
  async friendshipRawPayload (id) { return this.friends.get(id) }
  async friendshipAccept (id) { this.accepted.push(id) }
  async roomMemberRawPayload (roomId, id) {
    const { alias = {} } = this.mocker.roomPayload(roomId)
    return { id, name: this.mocker.contactPayload(id).name, avatar: '', roomAlias: alias[id] ?? '' }
  }

  contact ({ id, name = id, friend = true, type = types.Contact.Individual }) {
    this.mocker.cacheContactPayload.set(id, { id, name, friend, type, avatar: '', gender: 0, phone: [] })
  }

  room ({ id, topic = id, members = [], alias = {} }) {
    this.mocker.cacheRoomPayload.set(id, { id, topic, memberIdList: members, adminIdList: [], avatar: '', ownerId: '', alias })
  }
}

const messenger = new Messenger()
messenger.on('error', () => {})
let server = null

async function serve () {
  server = new PuppetServer({
    endpoint: `127.0.0.1:${GATEWAY_PORT}`,
    puppet: messenger,
    token: GATEWAY_TOKEN,
    tls: { disable: GATEWAY_TLS !== '1' },
  })
  await server.start()
}

const sleep = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds))

const commands = {
  contact: asked => messenger.contact(asked),
  room: asked => messenger.room(asked),
  reset: async () => {
    const other = messenger.isLoggedIn && messenger.currentUserId !== USUAL.account
    messenger.modes = { ...USUAL }
    if (other) await messenger.logout('reset')
    for (const cache of [messenger.cache.contact, messenger.cache.room, messenger.cache.roomMember]) cache.clear()
    messenger.enter()
  },
  mode: asked => { Object.assign(messenger.modes, asked.set); return messenger.modes },
  say: asked => messenger.put(asked),
  again: asked => messenger.tell(asked.id),
  /** count messages as fast as they go, or rate a second; returns when each was put. rooms take turns. */
  burst: async ({ count, rooms, from, text, rate }) => {
    const put = []
    const began = performance.now()
    for (let number = 0; number < count; number++) {
      if (rate) {
        const due = began + number * 1000 / rate
        if (due > performance.now()) await sleep(due - performance.now())
      } else if (number % 50 === 49) await sleep(0)
      put.push(now())
      messenger.put({ room: rooms[number % rooms.length], from, text: text.replaceAll('{n}', number) })
    }
    return put
  },
  picture: asked => {
    const id = asked.id ?? `p${++messenger.last}-${process.pid}`
    const buffer = Buffer.alloc(asked.size ?? 0)
    for (let place = 0; place < buffer.length; place++) buffer[place] = (place * 31 + 7) & 255
    messenger.files.set(id, { buffer, name: asked.name ?? 'picture.jpg', url: asked.url })
    messenger.put({ ...asked, id, type: asked.type ?? types.Message.Image, filename: asked.name ?? 'picture.jpg' })
    return { id, md5: md5(buffer) }
  },
  place: asked => {
    const id = `l${++messenger.last}-${process.pid}`
    messenger.places.set(id, { accuracy: 1, latitude: 23, longitude: 113, name: asked.name, address: asked.address })
    return messenger.put({ ...asked, id, type: types.Message.Location })
  },
  rename: ({ room, name, by }) => {
    const old = messenger.mocker.roomPayload(room)
    messenger.mocker.cacheRoomPayload.set(room, { ...old, topic: name })
    messenger.dirtyPayload(types.Dirty.Room, room)
    messenger.emit('room-topic', { changerId: by, newTopic: name, oldTopic: old.topic, roomId: room, timestamp: Date.now() })
  },
  join: ({ room, who, by }) =>
    messenger.emit('room-join', { inviteeIdList: who, inviterId: by, roomId: room, timestamp: Date.now() }),
  leave: ({ room, who, by }) =>
    messenger.emit('room-leave', { removeeIdList: who, removerId: by, roomId: room, timestamp: Date.now() }),
  friend: ({ id, from, hello, type = types.Friendship.Receive }) => {
    messenger.friends.set(id, { id, contactId: from, hello, type, timestamp: Date.now(), ticket: '', stranger: '' })
    messenger.emit('friendship', { friendshipId: id })
  },
  dirty: ({ kind, id }) => messenger.dirtyPayload(types.Dirty[kind], id),
  emit: ({ name, payload }) => messenger.emit(name, payload),
  scan: ({ qr }) => messenger.emit('scan', { qrcode: qr, status: types.ScanStatus.Waiting }),
  logout: () => messenger.logout('by a test'),
  login: () => messenger.enter(),
  serverStop: async () => { await server.stop() },
  serverStart: () => serve(),
  sent: ({ from = 0 }) => messenger.sent.slice(from),
  state: () => ({ accepted: messenger.accepted, starts: messenger.starts, sent: messenger.sent.length }),
}

async function control (request, response) {
  let body = ''
  for await (const chunk of request) body += chunk
  try {
    const asked = JSON.parse(body)
    const answer = await commands[asked.do](asked)
    response.end(JSON.stringify(answer ?? null))
  } catch (error) {
    response.statusCode = 500
    response.end(String(error.stack))
  }
}

// Nobody is left behind: whoever started it holds its standard input.
process.stdin.on('end', () => process.exit(0)).resume()

messenger.contact({ id: 'bot', name: '小哨' })
await serve()
const listener = http.createServer(control).listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ control: listener.address().port }))
})
