// Reads one request a line and writes one answer a line: what the npm package makes of callbacks.
//   {"do": "seal", "key", "token", "receiver", "timestamp", "nonce", "text"} → {"encrypted", "signature"}
//   {"do": "open", "key", "token", "receiver", "timestamp", "nonce", "encrypted", "signature"}
//     → {"text"} or {"refused": why}; the receiver is compared here, because the package leaves that to its user.
import { createInterface } from "node:readline";
import { decrypt, encrypt, getSignature } from "@wecom/crypto";

function seal(ask) {
  const encrypted = encrypt(ask.key, ask.text, ask.receiver);
  return { encrypted, signature: getSignature(ask.token, ask.timestamp, ask.nonce, encrypted) };
}

function open(ask) {
  if (getSignature(ask.token, ask.timestamp, ask.nonce, ask.encrypted) !== ask.signature) {
    return { refused: "signature" };
  }
  const { message, id } = decrypt(ask.key, ask.encrypted);
  return id === ask.receiver ? { text: message } : { refused: "receiver" };
}

for await (const line of createInterface({ input: process.stdin })) {
  const ask = JSON.parse(line);
  let answer;
  try {
    answer = ask.do === "seal" ? seal(ask) : open(ask);
  } catch (error) {
    answer = { refused: error.code ?? error.name };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
