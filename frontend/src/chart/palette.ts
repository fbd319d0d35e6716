// Colours and type of charts, all from the tokens. Red stays for what is overdue.
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

export function verdictColour(verdict: string): string {
  const names: Record<string, string> = {
    better: "calm",
    worse: "attention",
    more: "accent",
    less: "accent",
  };
  return token(names[verdict] ?? "ink-3");
}

export function words(): { fontFamily: string; fontSize: number; color: string } {
  return { fontFamily: token("font"), fontSize: 12, color: token("ink-2") };
}

export function tooltip(): object {
  return {
    // Markup in a tooltip would need style attributes.
    renderMode: "richText",
    confine: true,
    textStyle: { ...words(), color: token("ink") },
    backgroundColor: token("paper"),
    borderColor: token("line"),
  };
}
