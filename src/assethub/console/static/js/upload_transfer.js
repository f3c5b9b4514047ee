// Files to an operation of the hub: small ones together in packs, large ones in parts.

import { Refusal, send } from "./http.js";
import { newKey, sendSurely } from "./upload_sending.js";

const API = "/apis/v1";
const PART = 16 * 1024 * 1024;
const MOST_PARTS = 10000;
const PACK_BYTES = 16 * 1024 * 1024;
const PACK_FILES = 500;
const AT_ONCE = 3;
const MOST_STAGED = 10000;

// `tell` has `sent(path, bytes)`, `there(path)` and `waiting(is)`.
export class Transfer {
  constructor({ asset, branch, memory, tell, signal }) {
    Object.assign(this, { asset, branch, memory, tell, signal });
  }

  // Sends the files, [{path, file}]; resolves when all are staged, and nothing else is.
  async run(files) {
    await this.begin(files);
    const small = [];
    for (const each of files) {
      const known = this.memory.find(each.path, each.file);
      if (known.done) this.arrived(each, known.sha256);
      else if (each.file.size <= PART / 2) small.push(each);
    }
    for (const pack of packs(small)) await this.sendPack(pack);
    for (const each of files) {
      if (!this.memory.find(each.path, each.file).done) await this.sendParts(each);
    }
  }

  // The operation that was begun before, if it is open and holds nothing else; else a new one.
  async begin(files) {
    const { memory } = this;
    const known = files.map(({ path, file }) => memory.find(path, file));
    const strange = Object.values(memory.files).some((each) => each.done && !known.includes(each));
    if (memory.operation && !strange && (await this.isOpen(memory.operation))) return;
    const at = new URLSearchParams({ asset: this.asset, branch: this.branch });
    const answer = await this.send("POST", `${API}/update?${at}`, null, { key: newKey() });
    memory.begin(answer.op_id, known);
    await this.stageKnown(files);
  }

  // What was sent to an earlier operation is at the hub still.
  async stageKnown(files) {
    const sent = files.filter(({ path, file }) => this.memory.find(path, file).sha256).slice(0, MOST_STAGED);
    if (!sent.length) return;
    const entries = sent.map(({ path, file }) => [path, file.size, this.memory.find(path, file).sha256]);
    const url = `${API}/operations/${this.memory.operation}/stage`;
    const { missing } = await this.send("POST", url, JSON.stringify({ entries }), { type: "application/json" });
    sent.forEach(({ path, file }, index) => {
      this.memory.find(path, file).done = !missing.includes(index);
    });
  }

  async isOpen(operation) {
    try {
      await send("POST", `${API}/operations/${operation}/stage`, { json: { entries: [] }, signal: this.signal });
      return true;
    } catch (error) {
      if (error instanceof Refusal && error.status === 404) return false;
      throw error;
    }
  }

  async sendPack(pack) {
    const head = new TextEncoder().encode(JSON.stringify(pack.map(({ path, file }) => [path, file.size])));
    const length = new DataView(new ArrayBuffer(4));
    length.setUint32(0, head.length);
    const body = new Blob([length, head, ...pack.map(({ file }) => file)]);
    const before = 4 + head.length;
    const { entries } = await this.send("PUT", `${API}/operations/${this.memory.operation}/pack`, body, {
      type: "application/vnd.assethub.pack",
      progress: (sent) => this.spread(pack, Math.max(sent - before, 0)),
    });
    pack.forEach((each, index) => this.arrived(each, entries[index]));
    this.memory.save();
  }

  // Says of each file in a pack how much of it is sent.
  spread(pack, sent) {
    let left = sent;
    for (const { path, file } of pack) {
      const part = Math.min(left, file.size);
      this.tell.sent(path, part);
      left -= part;
    }
  }

  async sendParts(each) {
    const known = this.memory.find(each.path, each.file);
    let object;
    try {
      object = await this.sendMissing(each, known);
    } catch (error) {
      const gone = ["upload_not_found", "part_missing", "part_differs"];
      if (!(error instanceof Refusal) || !gone.includes(error.code) || !known.resumed) throw error;
      // What was there from before is there no more.
      delete known.upload;
      object = await this.sendMissing(each, known);
    }
    for (const name of ["upload", "etags", "partSize", "resumed"]) delete known[name];
    this.arrived(each, object.checksum);
    this.memory.save();
  }

  async sendMissing({ path, file }, known) {
    known.resumed = Boolean(known.upload);
    const at = new URLSearchParams({ opID: this.memory.operation, path });
    if (!known.upload) {
      known.upload = (await this.send("POST", `${API}/multipart?${at}`, null, {})).uploadId;
      known.partSize = Math.max(PART, Math.ceil(file.size / MOST_PARTS));
      known.etags = {};
      this.memory.save();
    }
    const url = `${API}/multipart/${known.upload}?${at}`;
    const sending = new Map();
    const count = Math.ceil(file.size / known.partSize);
    const size = (number) => Math.min(known.partSize, file.size - (number - 1) * known.partSize);
    const tell = () => {
      const there = Object.keys(known.etags).reduce((sum, number) => sum + size(Number(number)), 0);
      const underway = [...sending.values()].reduce((sum, bytes) => sum + bytes, 0);
      this.tell.sent(path, there + underway);
    };
    const sendPart = async (number) => {
      const start = (number - 1) * known.partSize;
      const body = file.slice(start, start + size(number));
      const progress = (sent) => {
        sending.set(number, sent);
        tell();
      };
      const { etag } = await this.send("PUT", `${url}&partNum=${number}`, body, { progress });
      sending.delete(number);
      known.etags[number] = etag;
      this.memory.save();
      tell();
    };
    tell();
    const missing = [];
    for (let number = 1; number <= count; number += 1) if (!known.etags[number]) missing.push(number);
    // The first part's length is that of the others, so it goes ahead of them.
    if (missing[0] === 1) await sendPart(missing.shift());
    await inParallel(missing, sendPart);
    const parts = Object.entries(known.etags).map(([number, etag]) => ({ etag, partNumber: Number(number) }));
    return this.send("POST", url, JSON.stringify({ parts }), { type: "application/json" });
  }

  // One commit of all that is staged.
  commit(message, overwrite) {
    const body = JSON.stringify({ message, overwrite });
    const options = { type: "application/json", key: newKey() };
    return this.send("POST", `${API}/update/${this.memory.operation}`, body, options);
  }

  arrived({ path, file }, sha256) {
    Object.assign(this.memory.find(path, file), { done: true, sha256 });
    this.tell.sent(path, file.size);
    this.tell.there(path);
  }

  send(method, url, body, options) {
    return sendSurely(method, url, body, { signal: this.signal, waiting: this.tell.waiting, ...options });
  }
}

function packs(files) {
  const found = [];
  let size = 0;
  for (const each of files) {
    const last = found.at(-1);
    if (!last || size + each.file.size > PACK_BYTES || last.length === PACK_FILES) {
      found.push([]);
      size = 0;
    }
    found.at(-1).push(each);
    size += each.file.size;
  }
  return found;
}

async function inParallel(numbers, work) {
  const rest = [...numbers];
  let failed = false;
  const worker = async () => {
    while (rest.length && !failed) {
      try {
        await work(rest.shift());
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, rest.length) }, worker));
}
