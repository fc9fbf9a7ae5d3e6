// What the pages do beside HTMX: open and close, copy, switch the theme. No HTML is ever made from text here.
(() => {
  "use strict";
  const $ = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const body = document.body;
  const say = (text) => { const place = $("#said"); if (place) place.textContent = text; };
  const csrf = () => $('meta[name="csrf"]')?.content ?? "";

  // -- Requests: each carries the token against forged ones; a question before them may be ours ------

  document.addEventListener("htmx:config:request", (event) => {
    if (csrf()) event.detail.ctx.request.headers["X-CSRF-Token"] = csrf();
  });

  document.addEventListener("htmx:confirm", (event) => {
    const { ctx, issueRequest, dropRequest } = event.detail;
    const dialog = $("#confirm");
    if (!dialog || !ctx.confirm) return;
    event.preventDefault();
    $("#confirm-text").textContent = ctx.confirm;
    dialog.returnValue = "no";
    dialog.addEventListener("close", () => (dialog.returnValue === "yes" ? issueRequest : dropRequest)(), { once: true });
    dialog.showModal();
  });

  document.addEventListener("htmx:error", (event) => {
    if (event.detail.error?.name !== "AbortError") say(String(event.detail.error?.message ?? ""));
  });

  // -- Light and dark --------------------------------------------------------------------------

  const switchTheme = () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    try { localStorage.setItem("theme", root.dataset.theme); } catch { /* for this page only, then */ }
  };

  // -- The menu of narrow screens ---------------------------------------------------------------

  const menu = (open) => {
    body.classList.toggle("menu-open", open);
    $("[data-menu]")?.setAttribute("aria-expanded", String(open));
    (open ? $("#side .nav a") : $("[data-menu]"))?.focus();
  };

  // -- The source beside the answer ----------------------------------------------------------------

  let opener = null;
  const viewer = $("#viewer");

  const openViewer = () => {
    viewer.hidden = false;
    body.classList.add("viewer-open");
    all(".mark.open, .source.open").forEach((each) => each.classList.remove("open"));
    if (opener) opener.classList.add("open");
    viewer.focus({ preventScroll: true });
    toQuote();
  };

  const closeViewer = () => {
    viewer.hidden = true;
    viewer.replaceChildren();
    body.classList.remove("viewer-open");
    all(".mark.open, .source.open").forEach((each) => each.classList.remove("open"));
    if (opener?.isConnected) opener.focus();
  };

  const toQuote = () => {
    const quote = $("#quote");
    if (quote && quote.checkVisibility()) quote.scrollIntoView({ block: "center" });
  };

  const showAs = (how, from) => {
    all("[data-view]", from).forEach((each) => { each.hidden = each.dataset.view !== how; });
    all("[data-show]", from).forEach((each) => each.setAttribute("aria-pressed", String(each.dataset.show === how)));
    if (how === "text") toQuote();
  };

  document.addEventListener("error", (event) => {
    if (!event.target.matches?.("[data-picture]")) return;
    const from = event.target.closest(".viewer");
    all(".tabs", from).forEach((each) => { each.hidden = true; });
    all("[data-no-picture]", from).forEach((each) => { each.hidden = false; });
    showAs("text", from);
  }, true);

  // -- Asking ------------------------------------------------------------------------------------

  const composer = $("#composer");
  const talk = $("[data-talk]");
  const toEnd = () => { if (talk) talk.scrollTop = talk.scrollHeight; };

  composer?.addEventListener("keydown", (event) => {
    if (event.target.id === "question" && event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      if (event.target.value.trim()) composer.requestSubmit();
    }
  });

  document.addEventListener("htmx:sse:after:connection", (event) => {
    if (event.target !== composer) return;
    const welcome = $("#welcome");
    if (welcome) {
      const title = $("h1", welcome);
      title.className = "sr-only";  // the page keeps its heading
      $("#turns").before(title);
      welcome.remove();
    }
    $("#question").value = "";
  });

  document.addEventListener("htmx:sse:after:message", (event) => {
    if (event.target !== composer) return;
    const ended = all("[data-ended]").at(-1);
    if (ended?.dataset.conversation) kept(ended.dataset.conversation);
    else if (ended && !composer.dataset.keeps) exportable("#", (link) => { link.download = "conversation.md"; link.dataset.export = ""; });
    if (ended && !ended.dataset.told) { ended.dataset.told = "yes"; say(ended.dataset.said ?? ""); }
    toEnd();
  });

  document.addEventListener("htmx:sse:close", (event) => { if (event.target === composer) $("#question").focus(); });

  const kept = (conversation) => {
    const current = $("#current");
    if (current.value === conversation) return;
    current.value = conversation;
    history.replaceState(null, "", `/c/${conversation}`);
    exportable(`/c/${conversation}/markdown`);
  };

  const exportable = (address, more) => {
    const place = $("#export");
    const sample = $("template#export-link");
    if (!place || !sample) return;
    const link = sample.content.firstElementChild.cloneNode(true);
    link.href = address;
    more?.(link);
    place.replaceWith(link);
  };

  const countFilters = () => {
    const on = all(".filters-box select, .filters-box input").filter((each) => each.value).length;
    const place = $(".filters-on");
    if (place) { place.hidden = !on; place.textContent = on || ""; }
  };
  $(".filters-box")?.addEventListener("change", countFilters);
  countFilters();

  const copy = async (button) => {
    const turn = button.closest(".turn, .secret");
    const parts = [...all(".statement-text", turn), ...all(".sources li > p, .source", turn), ...all("[data-secret]", turn)];
    const text = parts.map((each) => each.innerText.trim()).join("\n");
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    const words = $("span", button);
    const before = words.textContent;
    words.textContent = button.dataset.copied || "✓";
    setTimeout(() => { words.textContent = before; }, 1500);
  };

  // A good answer also says where it stands: its citations make a question to measure with.
  const thumb = async (button) => {
    const verdict = button.dataset.thumb;
    const marks = all(".source", button.closest(".turn")).map((each) => new URL(each.href).searchParams.get("at"));
    const request = {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf() },
      body: JSON.stringify({ receipt: button.dataset.receipt, verdict, citations: verdict === "up" ? marks.slice(0, 50) : [] }),
    };
    const response = await fetch("/api/feedback", request).catch(() => null);
    if (!response?.ok) { notice(button.dataset.failed); return; }
    all("[data-thumb]", button.parentElement).forEach((each) => each.setAttribute("aria-pressed", String(each === button)));
    say(button.dataset.thanks);
  };

  // What went wrong, where notices of the service stand; the text is the page's own.
  const notice = (text) => {
    const made = $("template#notice").content.firstElementChild.cloneNode(true);
    $("p", made).textContent = text;
    $("#notices").replaceChildren(made);
  };

  // Without kept conversations: what stands on the page, as Markdown.
  const exportPage = (link) => {
    const line = (text) => text.replace(/\s+/g, " ").trim().replace(/([\\`*_{}[\]<>#|])/g, "\\$1");
    const lines = all("[data-turn]").flatMap((turn, at) => [
      `## ${line($(".question", turn).textContent)}`,
      ...all(".understood", turn).map((each) => `*${line(each.textContent)}*`),
      ...all(".refusal > p", turn).map((each) => line(each.textContent)),
      ...all(".statement", turn).map((each) => line($(".statement-text", each).textContent)
        + all(".mark", each).map((mark) => `[^${at + 1}-${mark.textContent}]`).join("")),
      ...all(".source", turn).map((each) => `[^${at + 1}-${$(".number", each).textContent}]: `
        + `${line(new URL(each.href).searchParams.get("at"))}${$("q", each) ? ` — “${line($("q", each).textContent)}”` : ""}`),
    ]);
    link.href = URL.createObjectURL(new Blob([`${lines.join("\n\n")}\n`], { type: "text/markdown" }));
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };

  // -- One place for clicks, keys and what HTMX has put in ------------------------------------------

  document.addEventListener("click", (event) => {
    const on = (selector) => event.target.closest(selector);
    let found;
    if ((found = on("[data-opens]"))) { if (!viewer.contains(found)) opener = found; }
    else if (on("[data-theme-switch]")) switchTheme();
    else if (on("[data-menu]")) menu(!body.classList.contains("menu-open"));
    else if (on("[data-close-viewer]")) closeViewer();
    else if ((found = on("[data-show]"))) showAs(found.dataset.show, found.closest(".viewer"));
    else if ((found = on("[data-copy]"))) copy(found);
    else if ((found = on("[data-thumb]"))) thumb(found);
    else if ((found = on("[data-export]"))) exportPage(found);
    else if ((found = on("[data-dismiss]"))) found.closest(".notice").remove();
    else if ((found = on("[data-clear]"))) { all("select, input", found.parentElement).forEach((each) => { each.value = ""; }); countFilters(); }
    else if (body.classList.contains("menu-open") && !on("#side")) menu(false);
    else if (event.target === body && viewer && !viewer.hidden) closeViewer();  // the dimmed page behind it, on a phone
    all("[data-popover][open]").forEach((each) => { if (!each.contains(event.target)) each.open = false; });
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || $("dialog[open]")) return;
    const popover = $("[data-popover][open]");
    if (popover) { popover.open = false; $("summary", popover).focus(); }
    else if (body.classList.contains("menu-open")) menu(false);
    else if (viewer && !viewer.hidden) closeViewer();
  });

  document.addEventListener("htmx:after:swap", (event) => {
    if (viewer?.childElementCount && (event.detail?.ctx?.target === viewer || viewer.hidden)) openViewer();
  });

  document.addEventListener("htmx:after:request", (event) => {
    const form = event.target;
    if (form.matches?.("form[data-resets]") && event.detail?.ctx?.response?.raw?.ok) form.reset();
  });

  toQuote();
  toEnd();
})();
