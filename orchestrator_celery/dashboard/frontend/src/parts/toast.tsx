/** Short messages after a verb: what happened, and undo where there is one. */
import { useSyncExternalStore, type ReactNode } from "react";
import { problemOf } from "@/api/problem";
import { Button } from "./button";
import { Icon } from "./icons";

interface Toast {
  id: number;
  tone: "done" | "failed";
  text: ReactNode;
  action?: { label: string; run: () => void } | undefined;
}

let toasts: Toast[] = [];
let last = 0;
const listeners = new Set<() => void>();

function change(next: Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

function close(id: number): void {
  change(toasts.filter((toast) => toast.id !== id));
}

export function toast(text: ReactNode, options: { tone?: "done" | "failed"; action?: { label: string; run: () => void } } = {}): void {
  last += 1;
  const id = last;
  const tone = options.tone ?? "done";
  change([...toasts.slice(-3), { id, tone, text, action: options.action }]);
  // A refusal stays until it was read.
  if (tone === "done") setTimeout(() => close(id), options.action ? 10_000 : 5_000);
}

export function toastError(error: unknown): void {
  const problem = problemOf(error);
  toast(
    <>
      <b className="font-[600]">{problem.title}.</b> {problem.detail}
    </>,
    { tone: "failed" },
  );
}

export function Toasts(): ReactNode {
  const shown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => toasts,
  );
  return (
    <div role="status" aria-live="polite" className="pointer-events-none fixed right-3 bottom-3 z-50 flex w-[min(400px,calc(100vw-24px))] flex-col gap-2">
      {shown.map(({ id, tone, text, action }) => (
        <div key={id} className="rising pointer-events-auto flex items-start gap-2 rounded-lg border border-line bg-raised px-3 py-2 shadow-float">
          <span className={`mt-[2px] ${tone === "done" ? "text-succeeded" : "text-failed"}`}>
            <Icon name={tone === "done" ? "check" : "warning"} />
          </span>
          <div className="min-w-0 flex-1 break-words">{text}</div>
          {action ? (
            <Button
              small
              onClick={() => {
                close(id);
                action.run();
              }}
            >
              {action.label}
            </Button>
          ) : null}
          <Button small kind="quiet" icon="close" aria-label="Dismiss" onClick={() => close(id)} />
        </div>
      ))}
    </div>
  );
}
