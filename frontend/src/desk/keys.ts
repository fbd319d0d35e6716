// The keyboard, bound from the table the server wrote the help sheet from (command.desk.keys).

export interface Binding {
  keys: string[];
  action: string;
  verbs: string[];
  typing: boolean;
}

export type Actions = Record<string, (key: string, verbs: string[]) => void>;

const PREFIX_MS = 1_500;
let prefix = "";
let prefixAt = 0;

export function startKeys(actions: Actions): void {
  const bindings = table();
  for (const one of bindings) if (!(one.action in actions)) console.error(`按键没有动作：${one.action}`);
  document.addEventListener("keydown", (event) => {
    const bound = find(bindings, event);
    if (!bound) return;
    event.preventDefault();
    actions[bound.action]?.(bound.key, bound.verbs);
  });
}

function table(): Binding[] {
  return JSON.parse(document.getElementById("desk-keys")?.textContent ?? "[]") as Binding[];
}

function find(bindings: Binding[], event: KeyboardEvent): { action: string; key: string; verbs: string[] } | null {
  // An input method is composing, the browser's own keys, or a dialog that has its own.
  if (event.isComposing || event.keyCode === 229 || event.metaKey || event.altKey || event.defaultPrevented) return null;
  if (document.querySelector("dialog[open]")) return null;
  const inField = isField(event.target);
  const name = event.ctrlKey ? `Control+${event.key}` : event.key;
  const pair = prefix && Date.now() - prefixAt < PREFIX_MS ? `${prefix} ${name}` : "";
  prefix = "";
  for (const wanted of pair ? [pair, name] : [name]) {
    const found = bindings.find((one) => one.keys.includes(wanted) && (one.typing || !inField));
    if (found && !isOwnKey(event)) return { action: found.action, key: wanted, verbs: found.verbs };
  }
  if (!inField && bindings.some((one) => one.keys.some((key) => key.startsWith(`${name} `)))) {
    prefix = name;
    prefixAt = Date.now();
  }
  return null;
}

function isField(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null;
  if (!element?.matches) return false;
  if (element.isContentEditable || element.matches("textarea, select")) return true;
  // On a tick box or a choice a letter means nothing else.
  return element.matches("input:not([type=checkbox], [type=radio], [type=button], [type=submit])");
}

// Enter on a button or link, arrows and Home in a group of choices: the browser's own meaning stays.
function isOwnKey(event: KeyboardEvent): boolean {
  const element = event.target as HTMLElement;
  if (event.key === "Enter" && !event.ctrlKey) return element.matches?.("a, button, summary, input, [role=button]") ?? false;
  if (event.key.startsWith("Arrow")) return element.matches?.("input[type=radio]") ?? false;
  return false;
}
