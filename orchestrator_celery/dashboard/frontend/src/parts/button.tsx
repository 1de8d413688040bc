/** Buttons. A verb that is not possible now stays visible, greyed, and tells why. */
import * as RadixTooltip from "@radix-ui/react-tooltip";
import type { ButtonHTMLAttributes, ReactNode } from "react";
import { Icon, type IconName } from "./icons";

type Kind = "plain" | "primary" | "danger" | "quiet" | "solid-danger";

const KINDS: Record<Kind, string> = {
  plain: "bg-raised border-line-strong hover:bg-sunken text-ink",
  primary: "bg-accent border-transparent hover:bg-accent-strong text-on-accent",
  danger: "bg-raised border-line-strong hover:bg-failed-soft hover:border-failed/40 text-failed",
  "solid-danger": "bg-failed border-transparent text-on-accent hover:opacity-90",
  quiet: "bg-transparent border-transparent hover:bg-quiet-soft text-muted hover:text-ink",
};

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  kind?: Kind;
  icon?: IconName;
  small?: boolean;
  busy?: boolean;
  /** Why the button is greyed; it stays focusable so that the reason can be read. */
  refusal?: string | null | undefined;
}

export function Button({ kind = "plain", icon, small, busy, refusal, children, className = "", ...rest }: ButtonProps): ReactNode {
  const off = Boolean(refusal) || busy;
  const button = (
    <button
      type="button"
      {...rest}
      aria-disabled={off || undefined}
      onClick={off ? (event) => event.preventDefault() : rest.onClick}
      className={`inline-flex items-center justify-center gap-[6px] rounded-md border font-[550] whitespace-nowrap select-none disabled:opacity-45 ${
        small ? "h-6 px-2 text-sm" : "h-[30px] px-[10px]"
      } ${children === undefined ? (small ? "w-6 px-0!" : "w-[30px] px-0!") : ""} ${KINDS[kind]} ${off ? "cursor-not-allowed! opacity-45" : ""} ${className}`}
    >
      {busy ? <Icon name="running" className="turning" /> : icon ? <Icon name={icon} /> : null}
      {children}
    </button>
  );
  return refusal ? <Tooltip text={refusal}>{button}</Tooltip> : button;
}

export function Tooltip({ text, children }: { text: ReactNode; children: ReactNode }): ReactNode {
  return (
    <RadixTooltip.Root delayDuration={250}>
      <RadixTooltip.Trigger asChild>{children}</RadixTooltip.Trigger>
      <RadixTooltip.Portal>
        <RadixTooltip.Content
          sideOffset={5}
          collisionPadding={8}
          className="rising z-50 max-w-[300px] rounded-md bg-[#20252e] px-[9px] py-[6px] text-sm text-white shadow-float dark:bg-[#333b48]"
        >
          {text}
        </RadixTooltip.Content>
      </RadixTooltip.Portal>
    </RadixTooltip.Root>
  );
}

/** A button that copies a text and says so. */
export function CopyButton({ text, label = "Copy" }: { text: string; label?: string }): ReactNode {
  return (
    <button
      type="button"
      title={label}
      aria-label={label}
      className="group inline-flex h-6 w-6 items-center justify-center rounded-sm text-faint hover:bg-quiet-soft hover:text-ink"
      onClick={(event) => {
        const target = event.currentTarget;
        void copyText(text).then((done) => {
          target.dataset["done"] = String(done);
          setTimeout(() => delete target.dataset["done"], 1200);
        });
      }}
    >
      <Icon name="copy" size={13} className="group-data-[done=true]:hidden" />
      <Icon name="check" size={13} className="hidden text-succeeded group-data-[done=true]:block" />
    </button>
  );
}

/** The clipboard is closed on plain HTTP other than loopback; the old way still works there. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.style.position = "fixed";
    document.body.append(area);
    area.select();
    // The one call that copies without a secure context; browsers keep it for this.
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}
