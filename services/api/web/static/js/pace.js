// The speed of a scan, a moving mean of ten seconds, and what is left of it. Times are milliseconds of performance.now().

const WINDOW_MS = 10_000;
const LEAST_MS = 3_000;
const LEAST_SHARE = 0.01;

export class Pace {
  #seen = [];
  #first = null;

  observe(now, scanned) {
    this.#first ??= now;
    this.#seen.push([now, scanned]);
    while (this.#seen.length > 2 && this.#seen[1][0] <= now - WINDOW_MS) this.#seen.shift();
  }

  // Messages a second, or null as long as two readings do not tell.
  perSecond() {
    if (this.#seen.length < 2) return null;
    const [start, before] = this.#seen[0];
    const [end, after] = this.#seen.at(-1);
    return end > start && after > before ? ((after - before) * 1000) / (end - start) : null;
  }

  // Seconds until `total`, or null before three seconds and one percent, where it would jump.
  secondsLeft(total) {
    const speed = this.perSecond();
    if (speed === null) return null;
    const [now, scanned] = this.#seen.at(-1);
    if (now - this.#first < LEAST_MS || scanned < total * LEAST_SHARE) return null;
    return Math.max(0, total - scanned) / speed;
  }
}
