// The shell: navigation on small screens, popovers, refusals, CSRF for htmx, small conveniences.

interface RequestContext {
  sourceElement?: Element;
  request: { headers: Record<string, string>; method: string };
}

export function startShell(): void {
  document.addEventListener("click", onClick);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeAll();
  });
  document.addEventListener("change", onChange);
  document.addEventListener("click", carryQuery, true);
  document.addEventListener("submit", carryQuery, true);
  document.addEventListener("htmx:config:request", addToken);
  document.addEventListener("htmx:before:request", () => clearFlash());
}

function onClick(event: MouseEvent): void {
  const target = event.target as Element;
  const toggle = target.closest("[data-toggle-nav]");
  if (toggle) {
    const open = document.body.classList.toggle("nav-open");
    toggle.setAttribute("aria-expanded", String(open));
    return;
  }
  if (!target.closest(".side")) closeNav();
  for (const popover of document.querySelectorAll<HTMLDetailsElement>("details[data-popover][open]")) {
    if (!popover.contains(target)) popover.open = false;
  }
  if (target.closest("#flash")) clearFlash();
  // Going back keeps what was typed into the form; following the link would draw it anew.
  if (target.closest("a[data-back]") && history.length > 1 && document.referrer.startsWith(location.origin)) {
    event.preventDefault();
    history.back();
  }
}

function onChange(event: Event): void {
  const field = event.target as Element;
  if (field.matches("[data-submits]")) (field as HTMLInputElement).form?.requestSubmit();
}

// A list is narrowed without a new page: links and forms beside it go on with what the address says now.
function carryQuery(event: Event): void {
  const target = event.target as Element;
  const link = target.closest<HTMLAnchorElement>("a[data-carries]");
  if (link) link.search = location.search;
  const field = event.type === "submit" ? target.querySelector<HTMLInputElement>("input[data-carries]") : null;
  if (field) field.value = location.search.slice(1);
}

function closeAll(): void {
  closeNav();
  clearFlash();
  for (const popover of document.querySelectorAll<HTMLDetailsElement>("details[data-popover][open]")) {
    popover.open = false;
    popover.querySelector("summary")?.focus();
  }
}

function closeNav(): void {
  document.body.classList.remove("nav-open");
  document.querySelector("[data-toggle-nav]")?.setAttribute("aria-expanded", "false");
}

function clearFlash(): void {
  const flash = document.getElementById("flash");
  if (flash) flash.textContent = "";
}

// htmx inherits headers only where told to; one listener is surer than an attribute on <body>.
function addToken(event: Event): void {
  const { ctx } = (event as CustomEvent<{ ctx: RequestContext }>).detail;
  const token = document.querySelector<HTMLMetaElement>('meta[name="chengguan-csrf"]')?.content;
  // What a page asks by itself is no work of the person's: the idle time-out runs on.
  if (ctx.sourceElement?.getAttribute("hx-trigger")?.startsWith("load")) ctx.request.headers["X-Background"] = "1";
  if (token && ctx.request.method.toUpperCase() !== "GET") ctx.request.headers["X-CSRFToken"] = token;
}
