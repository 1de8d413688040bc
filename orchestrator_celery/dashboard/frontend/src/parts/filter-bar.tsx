/** The filter bar: chips for what holds, completion for what may follow. Its value is the text of the language. */
import { useId, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { filterText, parseFilter, suggest, wordText, type FieldInfo, type Word } from "./filter-language";
import { Icon } from "./icons";

export interface FilterBarProps {
  value: string;
  onChange: (value: string) => void;
  fields: readonly FieldInfo[];
  known?: (field: string) => readonly string[];
  error?: string | undefined;
  label?: string;
}

const nothing = (): readonly string[] => [];

export function FilterBar({ value, onChange, fields, known = nothing, error, label = "Filter" }: FilterBarProps): ReactNode {
  const words = parseFilter(value);
  const [draft, setDraft] = useState("");
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(-1);
  const input = useRef<HTMLInputElement>(null);
  const list = useId();
  const found = open ? suggest(draft, fields, known) : [];

  const put = (text: string): void => {
    const added = parseFilter(text.trim());
    setDraft("");
    setAt(-1);
    if (added.length) onChange(filterText([...words, ...added]));
  };
  const choose = (index: number): void => {
    const one = found[index];
    if (!one) return;
    if (one.whole) put(one.insert);
    else setDraft(one.insert);
    setAt(-1);
    input.current?.focus();
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!found.length) return;
      const step = event.key === "ArrowDown" ? 1 : -1;
      setAt((at + step + found.length + (at < 0 && step < 0 ? 1 : 0)) % found.length);
    } else if (event.key === "Enter") {
      if (at >= 0) choose(at);
      else put(draft);
    } else if (event.key === "Tab" && found.length && draft) choose(Math.max(at, 0));
    else if (event.key === " " && at < 0 && isWhole(draft)) put(draft);
    else if (event.key === "Backspace" && draft === "" && words.length) {
      // The last chip becomes text again, so that it can be mended.
      setDraft(wordText(words.at(-1) as Word));
      onChange(filterText(words.slice(0, -1)));
    } else if (event.key === "Escape" && open && found.length) setOpen(false);
    else return;
    event.preventDefault();
  };

  return (
    <div className="relative min-w-[min(100%,220px)] flex-1">
      <div
        className={`flex min-h-[34px] flex-wrap items-center gap-[6px] rounded-lg border bg-surface px-2 py-1 focus-within:outline-2 focus-within:outline-focus ${
          error ? "border-failed" : "border-line-strong"
        }`}
        onClick={(event) => {
          if (event.target === event.currentTarget) input.current?.focus();
        }}
      >
        <Icon name="search" className="text-faint" />
        {words.map((word, index) => (
          <Chip key={`${index}${wordText(word)}`} word={word} onRemove={() => onChange(filterText(words.filter((_, other) => other !== index)))} />
        ))}
        <input
          ref={input}
          role="combobox"
          aria-label={label}
          aria-expanded={found.length > 0}
          aria-controls={list}
          aria-activedescendant={at >= 0 ? `${list}-${at}` : undefined}
          aria-autocomplete="list"
          aria-invalid={error ? true : undefined}
          data-shortcut="search"
          spellCheck={false}
          autoComplete="off"
          placeholder={words.length ? "add a filter, or text" : "status:FAILED  tag:eu  since:2h  or any text"}
          className="h-6 min-w-[120px] flex-1 bg-transparent outline-none placeholder:text-faint"
          value={draft}
          onChange={(event) => {
            setDraft(event.target.value);
            setOpen(true);
            setAt(-1);
          }}
          onFocus={() => setOpen(true)}
          onBlur={() => {
            setOpen(false);
            if (draft.trim() && isWhole(draft)) put(draft);
          }}
          onKeyDown={onKey}
        />
        {words.length ? (
          <button type="button" className="rounded-sm px-1 text-sm text-faint hover:text-ink" onClick={() => onChange("")}>
            Clear
          </button>
        ) : null}
      </div>
      {error ? (
        <p role="alert" className="m-0 mt-1 px-1 text-sm text-failed">
          {error}
        </p>
      ) : null}
      {found.length ? (
        <ul id={list} role="listbox" aria-label="Completions" className="rising absolute z-30 m-0 mt-1 max-h-[320px] w-[min(420px,100%)] list-none overflow-y-auto rounded-lg border border-line bg-raised p-1 shadow-float">
          {found.map((one, index) => (
            <li
              key={one.insert}
              id={`${list}-${index}`}
              role="option"
              aria-selected={index === at}
              className={`flex cursor-pointer gap-3 rounded-md px-2 py-[4px] ${index === at ? "bg-accent-soft" : "hover:bg-sunken"}`}
              // The field would lose the focus before a click arrived.
              onPointerDown={(event) => {
                event.preventDefault();
                choose(index);
              }}
            >
              <code className="shrink-0">{one.label}</code>
              <span className="min-w-0 truncate text-faint">{one.hint}</span>
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}

/** Whether a draft is finished: a field without a value, or an open quotation mark, is not. */
function isWhole(draft: string): boolean {
  return draft.trim() !== "" && !/:$/.test(draft) && (draft.match(/"/g)?.length ?? 0) % 2 === 0;
}

function Chip({ word, onRemove }: { word: Word; onRemove: () => void }): ReactNode {
  return (
    <span className="inline-flex max-w-full items-center gap-1 rounded-[5px] bg-quiet-soft pl-[7px] text-sm">
      {word.minus || word.field ? (
        <span className={word.minus ? "text-failed" : "text-muted"}>
          {word.minus ? "not " : ""}
          {word.field}
        </span>
      ) : null}
      <span className="max-w-[260px] truncate">{word.values.join(", ")}</span>
      <button type="button" aria-label={`Remove ${wordText(word)}`} className="flex h-[22px] w-5 items-center justify-center rounded-[5px] text-faint hover:text-ink" onClick={onRemove}>
        <Icon name="close" size={10} />
      </button>
    </span>
  );
}
