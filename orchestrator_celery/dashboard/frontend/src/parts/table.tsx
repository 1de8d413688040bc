/** The table of every list: sorting, selection, keyboard (j and k, x, Enter), columns that step aside on a phone. */
import { useEffect, useRef, type CSSProperties, type KeyboardEvent, type ReactNode } from "react";
import { Icon } from "./icons";

export interface Column<Row> {
  key: string;
  title: string;
  cell: (row: Row) => ReactNode;
  width?: number | string;
  /** Its width on a phone; a column without a fixed width shares the room that is left there. */
  phone?: number;
  align?: "right";
  /** Hidden below this width of the window. */
  from?: "sm" | "md" | "lg";
  sortable?: boolean;
}

export interface TableProps<Row> {
  label: string;
  rows: Row[];
  columns: Column<Row>[];
  id: (row: Row) => string;
  onOpen?: (row: Row) => void;
  sort?: { key: string; down: boolean };
  onSort?: (key: string) => void;
  selected?: ReadonlySet<string>;
  onSelect?: (ids: Set<string>) => void;
  current?: string | undefined;
  empty?: ReactNode;
  dim?: boolean;
}

const FROM = { sm: "max-sm:hidden", md: "max-md:hidden", lg: "max-lg:hidden" } as const;

/** A text from right to left that does not fit is cut at its end, which is on the left. */
const START_OF_TEXT = "[&>bdi:only-child,&>a>bdi]:block [&>bdi:only-child,&>a>bdi]:truncate [&>bdi:only-child,&>a>bdi]:text-left";

export function Table<Row>(props: TableProps<Row>): ReactNode {
  const { rows, columns, id, selected, onSelect, onOpen } = props;
  const last = useRef<number | null>(null);
  const all = selected !== undefined && rows.length > 0 && rows.every((row) => selected.has(id(row)));

  const toggle = (index: number, range: boolean): void => {
    if (!selected || !onSelect) return;
    const next = new Set(selected);
    const from = range && last.current !== null ? Math.min(last.current, index) : index;
    const to = range && last.current !== null ? Math.max(last.current, index) : index;
    const row = rows[index];
    const on = row !== undefined && !selected.has(id(row));
    for (const each of rows.slice(from, to + 1)) {
      if (on) next.add(id(each));
      else next.delete(id(each));
    }
    last.current = index;
    onSelect(next);
  };

  const onKey = (event: KeyboardEvent<HTMLTableRowElement>, index: number): void => {
    if (event.target !== event.currentTarget) return;
    const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
    if (step) {
      const next = step > 0 ? event.currentTarget.nextElementSibling : event.currentTarget.previousElementSibling;
      if (next instanceof HTMLElement) next.focus();
      event.preventDefault();
    } else if (event.key === "x") toggle(index, event.shiftKey);
    else if (event.key === "Enter" && rows[index] !== undefined) onOpen?.(rows[index]);
  };

  if (rows.length === 0 && props.empty) return props.empty;
  return (
    <div className={`overflow-x-auto ${props.dim ? "opacity-60 transition-opacity" : ""}`}>
      <table aria-label={props.label} className="w-full border-collapse max-sm:table-fixed">
        <thead>
          <tr>
            {selected && onSelect ? (
              <th className="w-9 border-b border-line pl-3">
                <Check
                  label="Select all rows of this page"
                  checked={all}
                  mixed={!all && rows.some((row) => selected.has(id(row)))}
                  onChange={() => onSelect(all ? new Set() : new Set(rows.map(id)))}
                />
              </th>
            ) : null}
            {columns.map((column) => (
              <Head key={column.key} column={column} sort={props.sort} onSort={props.onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => {
            const key = id(row);
            const on = selected?.has(key) ?? false;
            return (
              <tr
                key={key}
                data-id={key}
                tabIndex={index === 0 || props.current === key ? 0 : -1}
                aria-selected={selected ? on : undefined}
                onKeyDown={(event) => onKey(event, index)}
                onClick={
                  onOpen
                    ? (event) => {
                        // Links, boxes and marked text keep their own meaning.
                        if ((event.target as Element).closest("a,button,input,label") || getSelection()?.toString()) return;
                        onOpen(row);
                      }
                    : undefined
                }
                className={`border-b border-line last:border-0 focus-visible:outline-offset-[-2px] ${onOpen ? "cursor-pointer" : ""} ${
                  on || props.current === key ? "bg-accent-soft" : "hover:bg-sunken"
                }`}
              >
                {selected && onSelect ? (
                  <td className="w-9 pl-3">
                    <Check label={`Select ${key}`} checked={on} onChange={(shift) => toggle(index, shift)} />
                  </td>
                ) : null}
                {columns.map((column) => (
                  <td
                    key={column.key}
                    style={widthOf(column)}
                    className={`h-9 w-(--width) max-w-0 min-w-[56px] max-sm:w-(--phone) overflow-hidden px-[10px] text-ellipsis whitespace-nowrap ${column.align === "right" ? "text-right" : START_OF_TEXT} ${
                      column.from ? FROM[column.from] : ""
                    }`}
                  >
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function widthOf({ width, phone }: { width?: number | string; phone?: number }): CSSProperties {
  const written = (value: number | string | undefined): string => (typeof value === "number" ? `${value}px` : (value ?? "auto"));
  return { "--width": written(width), "--phone": written(phone ?? (typeof width === "number" ? width : undefined)) } as CSSProperties;
}

function Head<Row>({ column, sort, onSort }: { column: Column<Row>; sort: TableProps<Row>["sort"]; onSort: TableProps<Row>["onSort"] }): ReactNode {
  const on = sort?.key === column.key;
  return (
    <th
      scope="col"
      aria-sort={on ? (sort.down ? "descending" : "ascending") : undefined}
      style={widthOf(column)}
      className={`h-[30px] w-(--width) border-b border-line px-[10px] max-sm:w-(--phone) text-xs font-[560] whitespace-nowrap text-faint ${column.align === "right" ? "text-right" : "text-left"} ${
        column.from ? FROM[column.from] : ""
      }`}
    >
      {column.sortable && onSort ? (
        <button type="button" className="inline-flex items-center gap-1 rounded-sm font-[560] hover:text-ink" onClick={() => onSort(column.key)}>
          {column.title}
          {on ? <Icon name={sort.down ? "arrowDown" : "arrowUp"} size={11} /> : null}
        </button>
      ) : (
        column.title
      )}
    </th>
  );
}

export function Check({ checked, mixed = false, onChange, label }: { checked: boolean; mixed?: boolean; onChange: (shift: boolean) => void; label: string }): ReactNode {
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (box.current) box.current.indeterminate = mixed;
  }, [mixed]);
  return (
    <input
      ref={box}
      type="checkbox"
      aria-label={label}
      checked={checked}
      className="m-0 block h-[14px] w-[14px] accent-[var(--accent)]"
      onChange={(event) => onChange((event.nativeEvent as MouseEvent).shiftKey)}
    />
  );
}
