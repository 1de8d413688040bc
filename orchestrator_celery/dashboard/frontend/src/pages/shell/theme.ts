/** The theme that the viewer chose; `public/theme.js` applies it before the first paint. */
export type Theme = "light" | "dark" | "system";

const KEY = "orchestrator.theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

export function themeChoice(): Theme {
  const chosen = read(KEY);
  return chosen === "light" || chosen === "dark" ? chosen : "system";
}

export function setTheme(choice: Theme): void {
  write(KEY, choice === "system" ? null : choice);
  apply();
}

function apply(): void {
  const choice = themeChoice();
  document.documentElement.dataset["theme"] = choice === "system" ? (dark.matches ? "dark" : "light") : choice;
}

dark.addEventListener("change", apply);

/** Storage may be blocked; then a choice lasts as long as the page. */
export function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function write(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    return;
  }
}
