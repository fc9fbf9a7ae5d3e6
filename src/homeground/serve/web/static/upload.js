// The Documents page: files go up a few at a time, and in the end each line tells what became of its file.
// A file is safe once it is sent; that it is read is told by its job, and what was read of it by its document.
(() => {
  "use strict";
  const AT_ONCE = 3;
  const MISSES = 20; // answers that may fail in a row: the service may be starting anew
  const $ = (selector, from = document) => from.querySelector(selector);
  const drop = $("[data-drop]");
  if (!drop) return;
  const words = drop.dataset;
  const csrf = () => $('meta[name="csrf"]')?.content ?? "";
  const pause = (time) => new Promise((done) => setTimeout(done, time));
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);

  // -- Lines ---------------------------------------------------------------------------------------

  const say = (lines) => {
    $("#said").textContent = lines.map((line) => `${line.name.textContent}: ${line.state.textContent}`).join("; ");
  };

  const newLine = (file) => {
    const item = $("[data-upload-line]", drop).content.firstElementChild.cloneNode(true);
    const line = { item, name: $("bdi", item), state: $("small", item), bar: $("progress", item) };
    line.name.textContent = file.name;
    line.bar.setAttribute("aria-label", file.name);
    show(line, words.waiting);
    $("[data-uploads]").append(item);
    return line;
  };

  // How far it is: a share from 0 to 1, or null where nobody knows.
  const show = (line, text, share = null) => {
    line.state.textContent = share === null ? text : `${text} · ${Math.floor(share * 100)} %`;
    if (share === null) line.bar.removeAttribute("value");
    else line.bar.value = share;
  };

  const end = (line, kind, text) => {
    line.state.textContent = text;
    line.state.className = kind;
    line.item.classList.add("ended"); // its bar keeps its place: nothing below moves
  };

  // A reason of the service in the language of the page; English, as it comes, where that cannot be had.
  const told = async (reason) => {
    if (!reason || document.documentElement.lang === "en") return reason;
    try {
      const response = await fetch(`/told?${new URLSearchParams({ text: reason.slice(0, 2000) })}`);
      return response.ok ? await response.text() : reason;
    } catch {
      return reason;
    }
  };

  const failed = async (line, why) => { end(line, "bad", (await told(why)) || words.failed); say([line]); };

  // -- Who may read them ---------------------------------------------------------------------------

  const readers = $("[data-readers]", drop);
  const grants = $("[data-grants]", drop);
  const chosen = () => $("input[type=radio]:checked", readers);
  const listed = (text) => text.split(",").map((each) => each.trim()).filter(Boolean);

  // What to send as `allow`, empty for whoever may read the uploads; null when groups are wanted and none is named.
  const wanted = () => {
    if (chosen().value !== "some") return chosen().value;
    const named = listed(grants.value);
    if (!named.length) return null;
    return [...new Set([...named, ...listed(readers.dataset.always)])].join(",");
  };

  const tellReaders = () => {
    const some = chosen().value === "some";
    grants.disabled = !some;
    $("[data-readers-now]", drop).textContent = (some && grants.value.trim()) || chosen().dataset.said;
    document.querySelectorAll("[data-grant]").forEach((each) => {
      each.setAttribute("aria-pressed", String(some && listed(grants.value).includes(each.dataset.grant)));
    });
  };

  const toggleGrant = (grant) => {
    $("input[value=some]", readers).checked = true;
    const now = listed(grants.value);
    grants.value = (now.includes(grant) ? now.filter((each) => each !== grant) : [...now, grant]).join(", ");
    tellReaders();
  };

  readers.addEventListener("input", tellReaders);
  readers.addEventListener("click", (event) => {
    const button = event.target.closest("[data-grant]");
    if (button) toggleGrant(button.dataset.grant);
  });
  tellReaders(); // browsers keep what was chosen before a reload

  // -- Sending -------------------------------------------------------------------------------------

  const waiting = [];
  let sending = 0;

  const send = (file, line, allow) => new Promise((settle) => {
    const form = new FormData();
    if (allow) form.append("allow", allow);
    form.append("file", file);
    const request = new XMLHttpRequest();
    request.open("POST", "/api/documents");
    if (csrf()) request.setRequestHeader("X-CSRF-Token", csrf());
    request.responseType = "json";
    show(line, words.sending, 0);
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) show(line, words.sending, event.loaded / event.total);
    };
    request.onerror = () => { failed(line); settle(); };
    request.onload = () => {
      if (request.status >= 400 || !request.response) failed(line, request.response?.detail);
      else follow(request.response, line);
      settle();
    };
    request.send(form);
  });

  const next = () => {
    while (sending < AT_ONCE && waiting.length) {
      sending += 1;
      send(...waiting.shift()).then(() => { sending -= 1; next(); });
    }
  };

  const take = (files) => {
    const allow = wanted();
    if (allow === null) {
      readers.closest("details").open = true;
      grants.setCustomValidity(words.nobody);
      grants.reportValidity();
      return;
    }
    for (const file of files) {
      const line = newLine(file);
      if (file.size > Number(words.most)) failed(line, words.tooLarge);
      else waiting.push([file, line, allow]);
    }
    next();
  };

  addEventListener("beforeunload", (event) => { if (sending || waiting.length) event.preventDefault(); });

  // -- Being read ----------------------------------------------------------------------------------

  const jobs = new Map(); // the lines that wait for a job: one job reads what came in together

  const follow = (kept, line) => {
    line.document = kept.document;
    show(line, words.queued);
    const lines = jobs.get(kept.job.id);
    if (lines) { lines.push(line); return; }
    const mine = [line];
    jobs.set(kept.job.id, mine);
    watch(kept.job.id, mine).finally(() => jobs.delete(kept.job.id));
  };

  const watch = async (id, lines) => {
    const job = await ended(`/api/jobs/${encodeURIComponent(id)}`, lines);
    for (const line of lines) { // more may come while the first are asked about
      if (job?.state === "done") await tellRead(line);
      else if (job?.state === "failed") end(line, "bad", fill(words.unsure, { reason: await told(job.problem) }));
      else end(line, "warn", job ? words.stopped : words.lost);
    }
    say(lines);
    document.body.dispatchEvent(new Event("documents-changed"));
  };

  // The job once it has ended; null when nobody can be asked any more.
  const ended = async (address, lines) => {
    for (let misses = 0, wait = 150; misses < MISSES; wait = Math.min(wait * 1.3, 1500)) {
      await pause(wait);
      const job = await asked(address);
      if (job === undefined) { misses += 1; continue; }
      if (!job || !["queued", "running"].includes(job.state)) return job;
      misses = 0;
      const { stage, share } = job.progress;
      const begun = job.state === "running" && stage && stage !== "wait";
      for (const line of lines) show(line, begun ? words.reading : words.queued, stage === "read" && share ? share : null);
    }
    return null;
  };

  // What an address says; null when it says that there is nothing for us, undefined when it should be asked again.
  const asked = async (address) => {
    try {
      const response = await fetch(address);
      if (response.ok) return await response.json();
      return response.status < 500 && response.status !== 429 ? null : undefined;
    } catch {
      return undefined;
    }
  };

  const tellRead = async (line) => {
    const address = new URLSearchParams({ name: line.document });
    const found = await asked(`/api/document?${address}`);
    if (!found) { end(line, "warn", found === null ? words.hidden : words.lost); return; }
    const link = document.createElement("a");
    link.href = `/documents/one?${address}`;
    line.name.replaceWith(link);
    link.append(line.name);
    const pages = found.unread_pages.length;
    if (found.state === "read") end(line, "good", words.read);
    else if (found.state === "partly") end(line, "warn", pages === 1 ? words.partlyOne : fill(words.partly, { n: pages }));
    else end(line, "bad", fill(words.unread, { reason: await told(found.problem) }));
  };

  // -- What people do ------------------------------------------------------------------------------

  drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    take([...event.dataTransfer.files]);
  });
  drop.addEventListener("change", (event) => {
    if (!event.target.matches("[data-files]")) return;
    take([...event.target.files]);
    event.target.value = "";
  });
  grants.addEventListener("input", () => grants.setCustomValidity(""));
})();
