/** Forms in dialogs: what is sent, what went wrong, and where the buttons stand. */
import { useState, type ReactNode } from "react";
import { problemOf } from "@/api/problem";
import { Note } from "./states";

/** Sends a form once at a time, and keeps what went wrong. */
export function useSubmit(action: () => Promise<unknown>): { busy: boolean; error: unknown; submit: () => void } {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const run = async (): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      await action();
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  return { busy, error, submit: () => (busy ? undefined : void run()) };
}

export function Problem({ error }: { error: unknown }): ReactNode {
  if (!error) return null;
  const { title, detail } = problemOf(error);
  return (
    <Note tone="failed">
      <b className="font-[600]">{title}.</b> {detail}
    </Note>
  );
}

/** The part of a dialog that scrolls. */
export function DialogBody({ children }: { children: ReactNode }): ReactNode {
  return <div className="flex min-h-0 flex-col gap-3 overflow-y-auto px-4 pb-4">{children}</div>;
}

/** The buttons below it. */
export function DialogButtons({ children }: { children: ReactNode }): ReactNode {
  return <footer className="flex items-center justify-end gap-2 rounded-b-xl border-t border-line bg-sunken px-4 py-3">{children}</footer>;
}

/** A whole dialog as a form: Enter in a field sends it too, if it is ready. */
export function DialogForm({ submit, ready = true, error, buttons, children }: { submit: () => void; ready?: boolean; error: unknown; buttons: ReactNode; children: ReactNode }): ReactNode {
  return (
    <form
      className="flex min-h-0 flex-1 flex-col"
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) submit();
      }}
    >
      <DialogBody>
        {children}
        <Problem error={error} />
      </DialogBody>
      <DialogButtons>{buttons}</DialogButtons>
    </form>
  );
}
