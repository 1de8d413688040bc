/** Numbers, spans and times as people read them. Pure functions; the components in `time.tsx` add the exact value. */

const narrow = "\u202f";

/** `980`, `1.2 k`, `31 k`, `4.5 M`. */
export function compact(value: number): string {
  const size = Math.abs(value);
  if (size < 1000) return Number.isInteger(value) ? String(value) : trimmed(value, size < 10 ? 1 : 0);
  const units: [number, string][] = [
    [1e9, "G"],
    [1e6, "M"],
    [1e3, "k"],
  ];
  for (const [scale, unit] of units) {
    // 999,950 is 1 M, never 1000 k.
    if (size >= scale * 0.99995) return trimmed(value / scale, size / scale < 10 ? 1 : 0) + narrow + unit;
  }
  return String(value);
}

function trimmed(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)));
}

const grouped = new Intl.NumberFormat("en-US");

/** `1,204`. */
export function exact(value: number): string {
  return grouped.format(value);
}

/** `340 ms`, `1.2 s`, `28 s`, `3 m 12 s`, `1 h 4 m`, `2 d 3 h`: two units at most. */
export function span(seconds: number): string {
  if (!Number.isFinite(seconds)) return "–";
  const s = Math.max(0, seconds);
  if (s < 0.0005) return "< 1 ms";
  if (s < 0.9995) return `${Math.max(1, Math.round(s * 1000))} ms`;
  if (s < 9.95) return `${trimmed(s, 1)} s`;
  let left = Math.round(s);
  const words: string[] = [];
  for (const [unit, size] of [["d", 86400], ["h", 3600], ["m", 60], ["s", 1]] as const) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count || words.length) words.push(count ? `${count} ${unit}` : "");
    if (words.length === 2) break;
  }
  return words.filter(Boolean).join(" ");
}

/** `just now`, `28 s ago`, `in 3 m`: one unit, so that columns of times stay narrow. */
export function ago(then: number, now: number): string {
  const seconds = (now - then) / 1000;
  if (Math.abs(seconds) < 1) return "just now";
  const text = single(Math.abs(seconds));
  return seconds > 0 ? `${text} ago` : `in ${text}`;
}

function single(seconds: number): string {
  for (const [unit, size] of [["d", 86400], ["h", 3600], ["m", 60]] as const) {
    if (seconds >= size) return `${Math.floor(seconds / size)} ${unit}`;
  }
  return `${Math.floor(seconds)} s`;
}

const absolute = new Intl.DateTimeFormat(undefined, {
  year: "numeric",
  month: "short",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
  hour12: false,
  timeZoneName: "short",
});

/** The exact time in the zone of the viewer. */
export function exactTime(time: string | number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? String(time) : absolute.format(date);
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });

/** `14:03:07.412`, for lines of logs. */
export function clockTime(time: string | number): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return String(time);
  return `${clock.format(date)}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

/** `1.2 MB`, in steps of 1,000 as Redis's own tools do not, but people do. */
export function bytes(value: number): string {
  if (value < 1000) return `${value} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let size = value / 1000;
  let unit = 0;
  while (size >= 999.95 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${trimmed(size, size < 10 ? 1 : 0)} ${units[unit] ?? ""}`;
}

/** `1 task`, `2 tasks`. */
export function counted(count: number, noun: string, many = `${noun}s`): string {
  return `${exact(count)} ${count === 1 ? noun : many}`;
}

/** `87 %`; never 100 % before all is done, and never 0 % once something is. */
export function percent(fraction: number): string {
  const value = fraction * 100;
  if (value > 0 && value < 1) return "< 1 %";
  if (value > 99 && value < 100) return "> 99 %";
  return `${Math.round(value)} %`;
}
