// The vendor's own client, told by its environment where the stand-in is; prints what it sees, one JSON value a line.
const { WSClient, generateReqId } = require('@wecom/aibot-node-sdk');

const show = (what, more = {}) => process.stdout.write(JSON.stringify({ what, ...more }) + '\n');
const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const client = new WSClient({
  botId: process.env.BOT_ID,
  secret: process.env.BOT_SECRET,
  wsUrl: process.env.WS_URL,
  heartbeatInterval: 500,
  reconnectInterval: 50,
  maxAuthFailureAttempts: 1,
  logger: quiet,
});
const failed = (what) => (error) => show(what, { error: error.errcode ?? error.message ?? String(error) });

client.on('authenticated', () => show('authenticated'));
client.on('disconnected', (reason) => show('disconnected', { reason }));
client.on('error', (error) => show('error', { error: error.message }));
client.on('event.disconnected_event', () => show('kicked'));
client.on('event.enter_chat', async (frame) => {
  await client.replyWelcome(frame, { msgtype: 'text', text: { content: 'welcome' } });
  show('welcomed');
});
client.on('message.text', async (frame) => {
  show('text', { body: frame.body });
  try {
    await client.replyStream(frame, generateReqId('stream'), 'an answer', true);
    show('answered');
    await client.sendMessage(frame.body.chatid, { msgtype: 'markdown', markdown: { content: 'a push' } });
    show('pushed');
  } catch (error) {
    failed('text failed')(error);
  }
  await client
    .sendMessage('never-spoken', { msgtype: 'markdown', markdown: { content: 'too early' } })
    .then(() => show('pushed too early'), failed('refused'));
});
client.on('message.image', async (frame) => {
  const { buffer } = await client.downloadFile(frame.body.image.url, frame.body.image.aeskey);
  const { media_id } = await client.uploadMedia(buffer, { type: 'image', filename: 'back.png' });
  await client.replyMedia(frame, 'image', media_id);
  show('image', { size: buffer.length, media_id });
});
process.stdin.resume();
process.stdin.on('end', () => {
  client.disconnect();
  process.exit(0);
});
client.connect();
