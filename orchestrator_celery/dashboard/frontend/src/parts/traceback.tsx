/** An error with its traceback: the end is what people look for, so a long one starts at its end. */
import { useLayoutEffect, useRef, useState, type ReactNode } from "react";
import { Button, CopyButton } from "./button";
import { counted } from "./format";

const FEW = 24;

export function Traceback({ type, message, traceback = "" }: { type: string; message: string; traceback?: string | null | undefined }): ReactNode {
  const [whole, setWhole] = useState(false);
  const box = useRef<HTMLPreElement>(null);
  const lines = (traceback ?? "").trimEnd().split("\n");
  const shown = whole ? lines : lines.slice(-FEW);
  useLayoutEffect(() => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [whole, traceback]);
  return (
    <div className="overflow-hidden rounded-md border border-failed/30">
      <div className="flex items-start gap-2 bg-failed-soft px-[10px] py-[6px] text-failed">
        <div className="min-w-0 flex-1 break-words">
          <b className="font-[620]">{type}</b>
          {message ? <span className="whitespace-pre-wrap">: {message.length > 2000 ? `${message.slice(0, 2000)}…` : message}</span> : null}
        </div>
        <CopyButton text={traceback || `${type}: ${message}`} label="Copy error" />
      </div>
      {traceback ? (
        <div className="bg-sunken">
          {lines.length > FEW && !whole ? (
            <Button small kind="quiet" className="m-1" onClick={() => setWhole(true)}>
              Show {counted(lines.length - FEW, "earlier line")}
            </Button>
          ) : null}
          <pre ref={box} tabIndex={0} dir="ltr" aria-label="Traceback" className="m-0 max-h-[320px] overflow-auto px-[10px] py-2 text-[11.5px] leading-[17px]">
            {shown.join("\n")}
          </pre>
        </div>
      ) : null}
    </div>
  );
}
