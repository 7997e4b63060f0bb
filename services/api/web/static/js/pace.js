// Speed of a scan as a moving mean of ten seconds, and the time left. Times are milliseconds of performance.now().

const WINDOW_MS = 10_000;
const MIN_MS = 3_000;
const MIN_SHARE = 0.01;

export class ScanSpeed {
  #samples = [];
  #first = null;

  observe(now, scanned) {
    this.#first ??= now;
    this.#samples.push([now, scanned]);
    while (this.#samples.length > 2 && this.#samples[1][0] <= now - WINDOW_MS) this.#samples.shift();
  }

  // Returns messages per second, or null with fewer than two samples.
  perSecond() {
    if (this.#samples.length < 2) return null;
    const [start, before] = this.#samples[0];
    const [end, after] = this.#samples.at(-1);
    return end > start && after > before ? ((after - before) * 1000) / (end - start) : null;
  }

  // Returns seconds until `total`; null before three seconds and one percent, when it would jump.
  secondsLeft(total) {
    const speed = this.perSecond();
    if (speed === null) return null;
    const [now, scanned] = this.#samples.at(-1);
    if (now - this.#first < MIN_MS || scanned < total * MIN_SHARE) return null;
    return Math.max(0, total - scanned) / speed;
  }
}
