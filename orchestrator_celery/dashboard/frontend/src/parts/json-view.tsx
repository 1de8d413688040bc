/** A JSON value as a tree that folds; large values open in steps, so that megabytes do not freeze the page. */
import { useState, type ReactNode } from "react";
import { CopyButton } from "./button";
import { counted } from "./format";
import { Icon } from "./icons";

const STEP = 100;
const LONG = 400;

export function JsonView({ value, open = 2, label = "JSON" }: { value: unknown; open?: number; label?: string }): ReactNode {
  if (value === undefined) return <span className="text-faint">–</span>;
  return (
    <div dir="ltr" className="group/json relative rounded-md border border-line bg-sunken">
      <div role="group" aria-label={label} tabIndex={0} className="max-h-[420px] overflow-auto px-[10px] py-2 font-mono text-[11.5px] leading-[18px]">
        <Value value={value} depth={0} open={open} />
      </div>
      <span className="absolute top-1 right-1 rounded-sm bg-sunken opacity-0 group-focus-within/json:opacity-100 group-hover/json:opacity-100">
        <CopyButton text={JSON.stringify(value, null, 2) ?? ""} label="Copy JSON" />
      </span>
    </div>
  );
}

function Value({ value, depth, open, name }: { value: unknown; depth: number; open: number; name?: string }): ReactNode {
  if (Array.isArray(value)) return <Branch entries={value.map((entry, index) => [String(index), entry])} brackets="[]" {...{ depth, open, name }} />;
  if (value !== null && typeof value === "object") return <Branch entries={Object.entries(value)} brackets="{}" {...{ depth, open, name }} />;
  return (
    <div className="whitespace-pre-wrap [overflow-wrap:anywhere]">
      <Key name={name} />
      <Leaf value={value} />
    </div>
  );
}

function Key({ name }: { name: string | undefined }): ReactNode {
  return name === undefined ? null : <span className="text-muted">{name}: </span>;
}

function Leaf({ value }: { value: unknown }): ReactNode {
  const [whole, setWhole] = useState(false);
  if (typeof value === "string") {
    const cut = value.length > LONG && !whole;
    return (
      <>
        <span className="text-succeeded">{JSON.stringify(cut ? value.slice(0, LONG) : value)}</span>
        {cut ? (
          <button type="button" className="ml-1 text-accent hover:underline" onClick={() => setWhole(true)}>
            … show {counted(value.length - LONG, "more character")}
          </button>
        ) : null}
      </>
    );
  }
  if (typeof value === "number") return <span className="text-running">{String(value)}</span>;
  return <span className="text-waiting">{String(value)}</span>;
}

function Branch({
  entries,
  brackets,
  depth,
  open,
  name,
}: {
  entries: [string, unknown][];
  brackets: string;
  depth: number;
  open: number;
  name: string | undefined;
}): ReactNode {
  const [isOpen, setOpen] = useState(depth < open && entries.length <= STEP);
  const [shown, setShown] = useState(STEP);
  const list = brackets === "[]";
  if (entries.length === 0)
    return (
      <div>
        <Key name={name} />
        {brackets}
      </div>
    );
  const noun = list ? counted(entries.length, "element") : counted(entries.length, "key");
  return (
    <div>
      <button type="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)} className="-ml-[2px] inline-flex items-center rounded-sm pr-1 text-left hover:bg-quiet-soft">
        <Icon name={isOpen ? "chevronDown" : "chevronRight"} size={10} className="mr-[3px] text-faint" />
        <Key name={name} />
        <span className="text-faint">{isOpen ? brackets[0] : `${brackets[0] ?? ""} ${noun} ${brackets[1] ?? ""}`}</span>
      </button>
      {isOpen ? (
        <>
          <div className="ml-[3px] border-l border-line pl-3">
            {entries.slice(0, shown).map(([key, entry]) => (
              <Value key={key} name={key} value={entry} depth={depth + 1} open={open} />
            ))}
            {entries.length > shown ? (
              <button type="button" className="text-accent hover:underline" onClick={() => setShown(shown + STEP * 5)}>
                show {counted(Math.min(STEP * 5, entries.length - shown), "more")} of {counted(entries.length - shown, "entry", "entries")}
              </button>
            ) : null}
          </div>
          <div className="text-faint">{brackets[1]}</div>
        </>
      ) : null}
    </div>
  );
}
