/** Dialogs, the confirmation of destructive verbs, and menus. Radix keeps focus and screen readers right. */
import * as RadixDialog from "@radix-ui/react-dialog";
import * as RadixMenu from "@radix-ui/react-dropdown-menu";
import { useState, type ReactNode } from "react";
import { Button } from "./button";
import { DialogForm, useSubmit } from "./form";
import { Icon, type IconName } from "./icons";

export function Dialog({
  open,
  onClose,
  title,
  about,
  width = 480,
  children,
}: {
  open: boolean;
  onClose: () => void;
  title: string;
  about?: ReactNode;
  width?: number;
  children: ReactNode;
}): ReactNode {
  return (
    <RadixDialog.Root open={open} onOpenChange={(next) => (next ? undefined : onClose())}>
      <RadixDialog.Portal>
        <RadixDialog.Overlay className="fixed inset-0 z-40 bg-overlay" />
        <RadixDialog.Content
          {...(about ? {} : { "aria-describedby": undefined })}
          style={{ maxWidth: width }}
          className="rising fixed inset-x-3 top-[8vh] z-40 mx-auto flex max-h-[84vh] flex-col rounded-xl border border-line bg-raised shadow-float focus:outline-none"
        >
          <header className="flex items-start gap-3 px-4 pt-[14px] pb-2">
            <div className="min-w-0 flex-1">
              <RadixDialog.Title className="text-lg font-[620] tracking-[-.01em] break-words">{title}</RadixDialog.Title>
              {about ? <RadixDialog.Description className="m-0 mt-[2px] break-words text-muted">{about}</RadixDialog.Description> : null}
            </div>
            <RadixDialog.Close asChild>
              <Button kind="quiet" small icon="close" aria-label="Close" />
            </RadixDialog.Close>
          </header>
          {children}
        </RadixDialog.Content>
      </RadixDialog.Portal>
    </RadixDialog.Root>
  );
}

export interface ConfirmProps {
  open: boolean;
  onClose: () => void;
  title: string;
  about?: ReactNode;
  /** The consequences, counted by a dry run. */
  children?: ReactNode;
  verb: string;
  danger?: boolean;
  /** What has to be typed before the button works; for what cannot be undone. */
  typed?: string | undefined;
  onConfirm: (reason: string) => Promise<unknown>;
  reason?: boolean;
  ready?: boolean;
}

export function Confirm(props: ConfirmProps): ReactNode {
  return (
    <Dialog open={props.open} onClose={props.onClose} title={props.title} about={props.about}>
      <ConfirmForm {...props} />
    </Dialog>
  );
}

function ConfirmForm({ verb, danger, typed, onConfirm, onClose, children, reason: wantsReason, ready = true }: ConfirmProps): ReactNode {
  const [text, setText] = useState("");
  const [reason, setReason] = useState("");
  const missing = typed !== undefined && text.trim() !== typed.trim();
  const { busy, error, submit } = useSubmit(async () => {
    await onConfirm(reason);
    onClose();
  });
  const buttons = (
    <>
      <Button onClick={onClose}>Keep as it is</Button>
      <Button type="submit" kind={danger ? "solid-danger" : "primary"} busy={busy} disabled={missing || !ready}>
        {verb}
      </Button>
    </>
  );
  return (
    <DialogForm submit={submit} ready={!missing && ready} error={error} buttons={buttons}>
      {children}
      {wantsReason ? (
        <Field label="Reason" hint="Kept in the audit trail.">
          <input className={INPUT} value={reason} maxLength={500} onChange={(event) => setReason(event.target.value)} />
        </Field>
      ) : null}
      {typed === undefined ? null : (
        <Field
          label={
            <>
              Type <b className="font-mono break-all text-ink select-all">{typed}</b> to confirm
            </>
          }
        >
          <input className={INPUT} autoFocus autoComplete="off" spellCheck={false} value={text} onChange={(event) => setText(event.target.value)} />
        </Field>
      )}
    </DialogForm>
  );
}

/** A field without a width of its own; `INPUT` takes the whole line. */
export const FIELD =
  "h-[30px] min-w-0 rounded-md border border-line-strong bg-surface px-2 text-ink placeholder:text-faint focus-visible:outline-offset-0 aria-[invalid=true]:border-failed";
export const INPUT = `${FIELD} w-full`;

/** A text in which words between backticks are code, as docstrings have them. */
export function withCode(text: string | undefined): ReactNode {
  if (!text?.includes("`")) return text;
  return text.split(/`([^`]+)`/).map((part, index) => (index % 2 ? <code key={index}>{part}</code> : part));
}

export function Field({ label, hint, error, children }: { label: ReactNode; hint?: ReactNode; error?: string | undefined; children: ReactNode }): ReactNode {
  return (
    <label className="block">
      <span className="mb-1 block text-sm font-[550] text-muted">{label}</span>
      {children}
      {error ? <span className="mt-1 block text-sm text-failed">{error}</span> : hint ? <span className="mt-1 block text-sm text-faint">{hint}</span> : null}
    </label>
  );
}

export interface MenuItem {
  label: ReactNode;
  icon?: IconName;
  danger?: boolean;
  refusal?: string | null | undefined;
  checked?: boolean;
  onSelect: () => void;
  keepOpen?: boolean;
}

export function Menu({ trigger, items, label }: { trigger: ReactNode; items: (MenuItem | "line")[]; label?: string }): ReactNode {
  return (
    <RadixMenu.Root modal={false}>
      <RadixMenu.Trigger asChild>{trigger}</RadixMenu.Trigger>
      <RadixMenu.Portal>
        <RadixMenu.Content
          align="end"
          sideOffset={4}
          collisionPadding={8}
          {...(label ? { "aria-label": label } : {})}
          className="rising z-50 max-h-[70vh] min-w-[190px] overflow-y-auto rounded-lg border border-line bg-raised p-1 shadow-float"
        >
          {items.map((item, index) =>
            item === "line" ? (
              <RadixMenu.Separator key={index} className="my-1 h-px bg-line" />
            ) : (
              <RadixMenu.Item
                key={index}
                disabled={Boolean(item.refusal)}
                title={item.refusal ?? undefined}
                onSelect={(event) => {
                  if (item.keepOpen) event.preventDefault();
                  item.onSelect();
                }}
                className={`flex cursor-default items-center gap-2 rounded-md px-2 py-[5px] outline-none select-none data-[disabled]:pointer-events-auto data-[disabled]:opacity-45 data-[highlighted]:bg-accent-soft ${
                  item.danger ? "text-failed" : ""
                }`}
              >
                {item.checked === undefined ? item.icon ? <Icon name={item.icon} className="opacity-80" /> : null : <Icon name="check" className={item.checked ? "" : "invisible"} />}
                <span className="min-w-0 flex-1 truncate">{item.label}</span>
              </RadixMenu.Item>
            ),
          )}
        </RadixMenu.Content>
      </RadixMenu.Portal>
    </RadixMenu.Root>
  );
}
