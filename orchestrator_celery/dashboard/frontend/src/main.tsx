import "./theme.css";
import * as RadixTooltip from "@radix-ui/react-tooltip";
import { lazy, StrictMode, Suspense } from "react";
import { createRoot } from "react-dom/client";
import { Toasts } from "@/parts/toast";

const Parts = lazy(() => import("@/pages/dev/parts-page"));
const root = document.getElementById("root");
if (root)
  createRoot(root).render(
    <StrictMode>
      <RadixTooltip.Provider>
        <Suspense fallback={null}>
          <Parts />
        </Suspense>
        <Toasts />
      </RadixTooltip.Provider>
    </StrictMode>,
  );
