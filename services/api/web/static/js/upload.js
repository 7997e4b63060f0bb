// Upload of dropped or chosen files, one at a time: create an account, send the mailbox, start a scan. Can be cancelled.

import { api, find, setText, timeLeft } from "./dom.js";

const KNOWN = /\.(mbox|mbx|mbs|zip|eml)$/i;

const size = (bytes) =>
  bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;

export function watchDrops(zone, whenDone) {
  if (!zone) return;
  const input = find("[data-file]", zone);
  const queue = [];
  let request = null;
  let begun = null;

  const showError = (text) => {
    const place = find("[data-refused]", zone);
    setText(place, text);
    place.hidden = !text;
  };

  function add(files) {
    showError("");
    for (const file of files) {
      const reason = refusal(file);
      if (reason) showError(reason);
      else queue.push(file);
    }
    if (find("[data-sending]", zone).hidden) work();
  }

  function refusal(file) {
    if (file.size > Number(zone.dataset.max)) {
      return `${file.name} is ${size(file.size)}; the limit is ${zone.dataset.limit}. Split it, or ask your administrator for a higher limit.`;
    }
    if (file.size === 0) return `${file.name} is empty, or a folder. Zip a folder first.`;
    // A file without an extension may be an mbox: the server checks its content.
    if (file.name.includes(".") && !KNOWN.test(file.name)) {
      return `${file.name} is not a mailbox. Use mbox, .eml, or .zip of .eml files or a Maildir.`;
    }
    return "";
  }

  async function work() {
    const file = queue.shift();
    if (!file) return;
    showSending(true);
    setText(find("[data-name]", zone), file.name);
    let made = null;
    try {
      let id = zone.dataset.account;
      if (!id) {
        const label = file.name.replace(KNOWN, "").slice(0, 100) || file.name.slice(0, 100);
        made = id = (await api("POST", "/v1/accounts", { label, source: { kind: "upload" } })).account_id;
      }
      await send(id, file);
      begun = await api("POST", `/v1/accounts/${id}/scans`, { scan_type: "all" });
      made = null;
    } catch (problem) {
      if (made) await api("DELETE", `/v1/accounts/${made}`).catch(() => {});
      if (problem.name !== "AbortError") showError(`${file.name}: ${problem.message}`);
    }
    request = null;
    if (queue.length) return work();
    showSending(false);
    // An error stays visible, instead of redirecting to the scan of another file.
    if (begun && find("[data-refused]", zone).hidden) whenDone(begun);
  }

  function send(id, file) {
    return new Promise((resolve, reject) => {
      request = new XMLHttpRequest();
      const sentAt = performance.now();
      request.upload.onprogress = ({ loaded }) => {
        const share = loaded / file.size;
        find("[data-progress]", zone).value = 100 * share;
        setText(find("[data-percent]", zone), `${Math.floor(100 * share)}%`);
        const speed = loaded / (performance.now() - sentAt);
        const left = speed > 0 && share > 0.02 ? `, ${timeLeft((file.size - loaded) / speed / 1000)}` : "";
        const more = queue.length ? `, ${queue.length} more waiting` : "";
        setText(find("[data-how-far]", zone), share < 1 ? `${size(loaded)} of ${size(file.size)}${left}${more}` : `Checking the file${more}`);
      };
      request.onload = () => {
        if (request.status === 201) resolve();
        else reject(new Error(sentence(request)));
      };
      request.onerror = () => reject(new Error("the connection was lost. Try again."));
      request.onabort = () => reject(new DOMException("stopped", "AbortError"));
      request.open("PUT", `/v1/accounts/${id}/mailbox?filename=${encodeURIComponent(file.name.slice(0, 255))}`);
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.send(file);
    });
  }

  function sentence(answer) {
    try {
      const { title, detail } = JSON.parse(answer.responseText);
      return `${title}. ${detail === `${title}.` ? "" : detail}`;
    } catch {
      return "the upload failed. Try again.";
    }
  }

  function showSending(sending) {
    find("[data-invite]", zone).hidden = sending;
    find("[data-sending]", zone).hidden = !sending;
    find("[data-progress]", zone).value = 0;
    setText(find("[data-how-far]", zone), "");
    setText(find("[data-percent]", zone), "");
    if (sending) addEventListener("beforeunload", hold);
    else removeEventListener("beforeunload", hold);
  }

  const hold = (event) => event.preventDefault();
  input.addEventListener("change", () => {
    add([...input.files]);
    input.value = "";
  });
  find("[data-stop]", zone).addEventListener("click", () => {
    queue.length = 0;
    request?.abort();
  });
  let depth = 0;
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragenter", (event) => {
    if (!carriesFiles(event)) return;
    depth += 1;
    zone.classList.add("over");
  });
  addEventListener("dragleave", (event) => {
    if (carriesFiles(event) && --depth <= 0) zone.classList.remove("over");
  });
  addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth = 0;
    zone.classList.remove("over");
    add([...event.dataTransfer.files]);
  });
  return { choose: () => input.click() };
}
