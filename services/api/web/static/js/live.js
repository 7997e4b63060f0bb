// One event stream for all tabs of a browser, because HTTP/1.1 allows only six connections for all of them.
// The tab that holds the lock has the stream and forwards it. A tab that is hidden for a minute disconnects.
//
// Events of `live`: "task" (detail: a task), "state" (detail: {state, retryAt}), "fresh" (reconnected: fetch again).

const HIDDEN_MS = 60_000;
const LONGEST_MS = 30_000;
const REMEMBERED = 200;
const TERMINAL = new Set(["DONE", "FAILURE", "CANCELLED"]);

class Live extends EventTarget {
  #channel;
  #user;
  #source = null;
  #leave = null;
  #tries = 0;
  #timer = 0;
  #tasks = new Map();
  #held = null;
  #waiting = null;
  state = "joining";
  retryAt = 0;

  start(user) {
    this.#user = user;
    this.#channel = new BroadcastChannel(`mailtally-live-${user}`);
    this.#channel.onmessage = ({ data }) => this.#receive(data);
    let hidden = 0;
    document.addEventListener("visibilitychange", () => {
      clearTimeout(hidden);
      if (document.hidden) hidden = setTimeout(() => this.#disconnect(), HIDDEN_MS);
      else if (this.state === "left") this.#join({ again: true });
    });
    addEventListener("pagehide", () => this.#disconnect());
    addEventListener("pageshow", () => this.state === "left" && this.#join({ again: true }));
    this.#join({ again: false });
  }

  // Returns the scans without a terminal status, as far as the stream has sent them.
  active() {
    return [...this.#tasks.values()].filter((task) => !TERMINAL.has(task.status));
  }

  get paused() {
    return this.#held !== null;
  }

  pause() {
    this.#held = new Map();
  }

  resume() {
    const held = this.#held ?? new Map();
    this.#held = null;
    for (const task of held.values()) this.#emit("task", task);
  }

  retry() {
    if (this.#leave) this.#open();
    else this.#channel.postMessage({ kind: "retry" });
  }

  #join({ again }) {
    this.#setState("joining");
    this.#channel.postMessage({ kind: "hello" });
    if (again) this.#emit("fresh");
    const lead = () =>
      new Promise((leave) => {
        this.#leave = leave;
        this.#open();
      });
    // Locks need a secure context; without one, every tab opens its own stream.
    if (!navigator.locks) lead();
    else {
      this.#waiting = new AbortController();
      navigator.locks.request(`mailtally-live-${this.#user}`, { signal: this.#waiting.signal }, lead).catch(() => {});
    }
  }

  #disconnect() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
    this.#waiting?.abort();
    this.#leave?.();
    this.#leave = null;
    this.#setState("left");
  }

  #open() {
    clearTimeout(this.#timer);
    this.#source?.close();
    const source = (this.#source = new EventSource("/v1/events"));
    const isReturn = this.#tries > 0;
    source.onopen = () => {
      this.#tries = 0;
      this.#broadcast({ kind: "state", state: "live", retryAt: 0 });
      if (isReturn) this.#broadcast({ kind: "fresh" });
    };
    source.addEventListener("task", ({ data }) => this.#broadcast({ kind: "task", task: JSON.parse(data) }));
    source.onerror = () => this.#lost(source);
  }

  async #lost(source) {
    if (source !== this.#source) return;
    source.close();
    this.#source = null;
    const wait = Math.min(LONGEST_MS, 1000 * 2 ** this.#tries) * (0.8 + 0.4 * Math.random());
    this.#tries += 1;
    this.#timer = setTimeout(() => this.#open(), wait);
    // A server that restarts closes its streams; a reconnect within a second is not worth a message.
    if (this.#tries > 1) this.#broadcast({ kind: "state", state: "lost", retryAt: Date.now() + wait });
    const answer = await fetch("/v1/me").catch(() => null);
    if (answer?.status === 401) this.#broadcast({ kind: "signed-out" });
  }

  #broadcast(message) {
    this.#channel.postMessage(message);
    this.#handle(message);
  }

  #receive(message) {
    if (message.kind === "hello" && this.#leave) {
      for (const task of this.#tasks.values()) this.#channel.postMessage({ kind: "task", task });
      this.#channel.postMessage({ kind: "state", state: this.state, retryAt: this.retryAt });
    } else if (message.kind === "retry" && this.#leave) this.#open();
    else if (this.state !== "left") this.#handle(message);
  }

  #handle(message) {
    if (message.kind === "task") this.#store(message.task);
    else if (message.kind === "state") this.#setState(message.state, message.retryAt);
    else if (message.kind === "fresh") this.#emit("fresh");
    else if (message.kind === "signed-out") {
      const back = encodeURIComponent(location.pathname + location.search);
      location.assign(`/sign-in?expired=1&next=${back}`);
    }
  }

  #store(task) {
    const known = this.#tasks.get(task.task_id);
    if (known && known.version >= task.version && known.status === task.status) return;
    this.#tasks.delete(task.task_id);
    this.#tasks.set(task.task_id, task);
    for (const [id, { status }] of this.#tasks) {
      if (this.#tasks.size <= REMEMBERED) break;
      if (TERMINAL.has(status)) this.#tasks.delete(id);
    }
    if (this.#held) this.#held.set(task.task_id, task);
    else this.#emit("task", task);
  }

  #setState(state, retryAt = 0) {
    this.state = state;
    this.retryAt = retryAt;
    this.#emit("state", { state, retryAt });
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

export const live = new Live();
