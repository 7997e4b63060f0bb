// One event stream for all tabs of a browser: HTTP/1.1 allows six connections for all of them together.
// The tab that holds the lock has the stream and tells the others. A tab that stays hidden for a minute leaves.
//
// `live` tells pages: "task" (detail: a task), "state" (detail: {state, retryAt}), "fresh" (after a cut: read again).

const HIDDEN_MS = 60_000;
const LONGEST_MS = 30_000;
const REMEMBERED = 200;
const OVER = new Set(["DONE", "FAILURE", "CANCELLED"]);

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
    this.#channel.onmessage = ({ data }) => this.#hear(data);
    let hidden = 0;
    document.addEventListener("visibilitychange", () => {
      clearTimeout(hidden);
      if (document.hidden) hidden = setTimeout(() => this.#part(), HIDDEN_MS);
      else if (this.state === "left") this.#join({ again: true });
    });
    addEventListener("pagehide", () => this.#part());
    addEventListener("pageshow", () => this.state === "left" && this.#join({ again: true }));
    this.#join({ again: false });
  }

  // The scans that have not ended, as far as the stream has told.
  active() {
    return [...this.#tasks.values()].filter((task) => !OVER.has(task.status));
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
    this.#become("joining");
    this.#channel.postMessage({ kind: "hello" });
    if (again) this.#emit("fresh");
    const lead = () =>
      new Promise((leave) => {
        this.#leave = leave;
        this.#open();
      });
    // Without secure contexts there are no locks: then every tab has a stream of its own.
    if (!navigator.locks) lead();
    else {
      this.#waiting = new AbortController();
      navigator.locks.request(`mailtally-live-${this.#user}`, { signal: this.#waiting.signal }, lead).catch(() => {});
    }
  }

  #part() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
    this.#waiting?.abort();
    this.#leave?.();
    this.#leave = null;
    this.#become("left");
  }

  #open() {
    clearTimeout(this.#timer);
    this.#source?.close();
    const source = (this.#source = new EventSource("/v1/events"));
    const isReturn = this.#tries > 0;
    source.onopen = () => {
      this.#tries = 0;
      this.#tell({ kind: "state", state: "live", retryAt: 0 });
      if (isReturn) this.#tell({ kind: "fresh" });
    };
    source.addEventListener("task", ({ data }) => this.#tell({ kind: "task", task: JSON.parse(data) }));
    source.onerror = () => this.#lost(source);
  }

  async #lost(source) {
    if (source !== this.#source) return;
    source.close();
    this.#source = null;
    const wait = Math.min(LONGEST_MS, 1000 * 2 ** this.#tries) * (0.8 + 0.4 * Math.random());
    this.#tries += 1;
    this.#timer = setTimeout(() => this.#open(), wait);
    // A server that restarts ends its streams in good form: nobody need hear of what is mended within a second.
    if (this.#tries > 1) this.#tell({ kind: "state", state: "lost", retryAt: Date.now() + wait });
    const answer = await fetch("/v1/me").catch(() => null);
    if (answer?.status === 401) this.#tell({ kind: "signed-out" });
  }

  #tell(message) {
    this.#channel.postMessage(message);
    this.#take(message);
  }

  #hear(message) {
    if (message.kind === "hello" && this.#leave) {
      for (const task of this.#tasks.values()) this.#channel.postMessage({ kind: "task", task });
      this.#channel.postMessage({ kind: "state", state: this.state, retryAt: this.retryAt });
    } else if (message.kind === "retry" && this.#leave) this.#open();
    else if (this.state !== "left") this.#take(message);
  }

  #take(message) {
    if (message.kind === "task") this.#keep(message.task);
    else if (message.kind === "state") this.#become(message.state, message.retryAt);
    else if (message.kind === "fresh") this.#emit("fresh");
    else if (message.kind === "signed-out") {
      const back = encodeURIComponent(location.pathname + location.search);
      location.assign(`/sign-in?expired=1&next=${back}`);
    }
  }

  #keep(task) {
    const known = this.#tasks.get(task.task_id);
    if (known && known.version >= task.version && known.status === task.status) return;
    this.#tasks.delete(task.task_id);
    this.#tasks.set(task.task_id, task);
    for (const [id, { status }] of this.#tasks) {
      if (this.#tasks.size <= REMEMBERED) break;
      if (OVER.has(status)) this.#tasks.delete(id);
    }
    if (this.#held) this.#held.set(task.task_id, task);
    else this.#emit("task", task);
  }

  #become(state, retryAt = 0) {
    this.state = state;
    this.retryAt = retryAt;
    this.#emit("state", { state, retryAt });
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

export const live = new Live();
