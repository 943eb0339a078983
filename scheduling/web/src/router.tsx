import { createRootRoute, createRoute, createRouter, redirect } from "@tanstack/react-router";
import { Shell } from "./shell/Shell";
import { TimeOffPage } from "./timeoff/TimeOffPage";
import { WeekPage } from "./week/WeekPage";
import { readWeekSearch } from "./week/week-search";

const rootRoute = createRootRoute({ component: Shell });

const indexRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/week" });
  },
});

const weekRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/week",
  validateSearch: readWeekSearch,
  component: WeekPage,
});

const timeOffRoute = createRoute({ getParentRoute: () => rootRoute, path: "/time-off", component: TimeOffPage });

const routeTree = rootRoute.addChildren([indexRoute, weekRoute, timeOffRoute]);

export function createDeskRouter() {
  return createRouter({ routeTree, defaultNotFoundComponent: NotFound });
}

function NotFound() {
  return (
    <div style={{ padding: 48, textAlign: "center" }}>
      <h1>There is no such page</h1>
      <p>
        <a href="/week">Go to this week</a>
      </p>
    </div>
  );
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createDeskRouter>;
  }
}
