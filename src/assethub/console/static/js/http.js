// Requests of a page to its hub: the API, for the session that the page is of.

import { text } from "./texts.js";

// What the hub refuses: `code` is stable, the message a sentence for people.
export class Refusal extends Error {
  constructor(status, code, message, body) {
    super(message);
    this.status = status;
    this.code = code;
    this.body = body;
  }
}

// The response to a request; throws Refusal where the hub does not do what was asked.
export async function send(method, path, { body, json, signal, headers = {} } = {}) {
  const token = document.querySelector('meta[name="form-token"]')?.content ?? "";
  const sent = { Accept: "application/json", "X-Form-Token": token, ...headers };
  if (json !== undefined) sent["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: sent,
      body: json === undefined ? body : JSON.stringify(json),
      signal,
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(0, "unreachable", text("unreachable"), null);
  }
  if (!response.ok) throw await readRefusal(response);
  return response;
}

// The JSON that a GET answers with.
export async function get(path, options = {}) {
  return (await send("GET", path, options)).json();
}

async function readRefusal(response) {
  const body = await response.json().catch(() => ({}));
  const message = body.detail ?? body.error ?? body.title ?? text("failed");
  return new Refusal(response.status, body.code ?? "", message, body);
}
