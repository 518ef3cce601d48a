"use strict";
// Everything here only adds comfort: every page works without it.
(() => {
  document.documentElement.classList.add("js");
  const page = () => document.getElementById("page");
  const view = () => document.getElementById("view");
  const typing = (target) => target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
  const say = (text) => {
    const region = document.getElementById("announce");
    if (region) region.textContent = text;
  };

  // --- after every change of the page -------------------------------------------------------------------------
  let acted = false; // the last request decided something, so the focus belongs to the next row
  let path = location.pathname;
  const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

  function dress() {
    for (const time of document.querySelectorAll("time[datetime]")) {
      const at = new Date(time.dateTime);
      if (!Number.isNaN(at.getTime())) time.title = local.format(at);
    }
    count();
    const toast = document.getElementById("toast");
    if (!toast || toast.dataset.seen) return "";
    toast.dataset.seen = "yes";
    const busy = () => toast.matches(":hover, :focus-within");
    const leave = () => (busy() ? setTimeout(leave, 4000) : toast.remove());
    if (!toast.classList.contains("failed")) setTimeout(leave, 12000);
    return toast.querySelector("[data-says]").textContent;
  }

  function settle(said) {
    const open = document.querySelector("[data-rows] [aria-current]");
    if (acted || (location.pathname !== path && document.activeElement === document.body)) {
      (open || page())?.focus();
    }
    const failed = document.querySelector("#toast.failed");
    const next = acted && open && !failed ? ` Next: ${open.textContent.trim()}` : "";
    const title = view()?.dataset.title || "";
    say(said ? said + next : location.pathname !== path ? title : document.querySelector("[data-rows]") ? `${rows().length} themes` : "");
    acted = false;
    path = location.pathname;
  }

  document.addEventListener("htmx:before:request", (event) => {
    const source = event.detail.ctx.sourceElement;
    if (source.matches("[hx-get]")) return; // a part of the page that comes by itself is no step of anybody's
    acted = source.matches("form[method=post]") && Boolean(source.closest("[data-triage]") || source.closest("#toast"));
    page()?.setAttribute("aria-busy", "true");
    clearTimeout(pause); // a search that still waits would come after this request, and show its page instead
  });
  document.addEventListener("htmx:finally:request", () => page()?.removeAttribute("aria-busy"));
  document.addEventListener("htmx:after:swap", () => settle(dress()));
  document.addEventListener("htmx:error", () => {
    page()?.removeAttribute("aria-busy");
    say("That did not work. Check the connection and try again.");
  });

  // --- filters send themselves --------------------------------------------------------------------------------
  let pause;
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-auto] select")) event.target.form.requestSubmit();
    if (event.target.matches("[name=theme], [name=comment]")) count();
  });
  document.addEventListener("input", (event) => {
    if (!event.target.matches("[data-search]")) return;
    clearTimeout(pause);
    pause = setTimeout(() => event.target.form?.requestSubmit(), 300);
  });

  function count() {
    for (const label of document.querySelectorAll("[data-count]")) {
      const form = label.closest("form");
      const chosen = [...form.elements].filter((box) => box.type === "checkbox" && box.checked).length;
      label.textContent = `${chosen} selected`;
    }
  }

  // What a button needs is asked for here: the page that comes back from a refusal has lost what was ticked.
  document.addEventListener("click", (event) => {
    const needed = document.getElementById(event.target.closest("[data-needs]")?.dataset.needs);
    if (!needed || needed.value) return;
    event.preventDefault();
    needed.setCustomValidity(needed.dataset.missing);
    needed.reportValidity();
    needed.addEventListener("change", () => needed.setCustomValidity(""), { once: true });
  });

  // --- buttons that only make sense with a script -------------------------------------------------------------
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-open], [data-dismiss], [data-copy], [data-select-all]");
    if (!button) {
      for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
      return;
    }
    if (button.dataset.open) document.getElementById(button.dataset.open).showModal();
    if (button.dataset.dismiss) {
      const target = document.getElementById(button.dataset.dismiss);
      if (target.matches("dialog")) target.close();
      else target.remove();
    }
    if (button.dataset.copy) {
      navigator.clipboard?.writeText(document.getElementById(button.dataset.copy).textContent).then(() => {
        say("Copied.");
        button.firstChild.textContent = "Copied";
      });
    }
    if ("selectAll" in button.dataset) {
      const boxes = [...document.querySelectorAll("[data-rows] [name=theme]")];
      const all = boxes.every((box) => box.checked);
      for (const box of boxes) box.checked = !all;
      count();
    }
  });

  // --- single keys --------------------------------------------------------------------------------------------
  const rows = () => [...document.querySelectorAll("[data-rows] .title")];

  function step(by) {
    const all = rows();
    if (!all.length) return;
    const at = all.findIndex((row) => row.hasAttribute("aria-current"));
    const next = all[Math.min(all.length - 1, Math.max(0, at + by))];
    next.focus();
    if (!next.hasAttribute("aria-current")) next.click();
  }

  function press(key) {
    const found = document.querySelector(`[data-key="${key}"]`);
    if (!found) return false;
    if (found.matches("summary")) {
      found.parentElement.open = true;
      found.parentElement.querySelector(".item")?.focus();
    } else {
      found.click();
    }
    return true;
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const menu = document.querySelector("details.menu[open]");
      if (menu) {
        menu.open = false;
        menu.querySelector("summary").focus();
      }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
    if (document.body.dataset.keys === "off" || document.querySelector("dialog[open]")) return;
    const key = event.key.toLowerCase();
    let used = true;
    if (key === "j") step(1);
    else if (key === "k") step(-1);
    else if (key === "?") document.getElementById("keys-help")?.showModal();
    else if (key === "/") used = Boolean(document.querySelector("[data-search]")?.focus() ?? document.querySelector("[data-search]"));
    else if (key === "x") document.querySelector(".queue-row.open [name=theme]")?.click();
    else if ("123ousdl".includes(key)) used = press(key);
    else used = false;
    if (used) event.preventDefault();
  });

  document.addEventListener("DOMContentLoaded", () => {
    const said = dress();
    acted = Boolean(said && document.querySelector("[data-triage]")); // a form that was quicker than htmx came this way
    if (said) settle(said);
  });
})();
