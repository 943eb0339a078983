import { createRootRouteWithContext, createRoute, createRouter, redirect } from "@tanstack/react-router";
import { readTeamSearch } from "../team/team-search";
import { NotFound } from "../ui/Instead";
import { soon } from "../ui/soon";
import { WeekPage } from "../week/WeekPage";
import { readWeekSearch } from "../week/week-search";
import { Broken } from "./Broken";
import { Shell } from "./Shell";

const MinePage = soon(() => import("../mine/MinePage").then((module) => module.MinePage));
const OpenPage = soon(() => import("../open/OpenPage").then((module) => module.OpenPage));
const OffersPage = soon(() => import("../offers/OffersPage").then((module) => module.OffersPage));
const TeamPage = soon(() => import("../team/TeamPage").then((module) => module.TeamPage));
const TimeOffPage = soon(() => import("../timeoff/TimeOffPage").then((module) => module.TimeOffPage));

interface Context {
  /** A member of staff at a phone: they begin at their own shifts, all others at the week. */
  readonly onTheWay: () => boolean;
}

const rootRoute = createRootRouteWithContext<Context>()({ component: Shell });

const indexRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/",
  beforeLoad: ({ context }) => {
    throw redirect({ to: context.onTheWay() ? "/me" : "/week" });
  },
});

const weekRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/week",
  validateSearch: readWeekSearch,
  component: WeekPage,
});

const mineRoute = createRoute({ getParentRoute: () => rootRoute, path: "/me", component: MinePage });

const openRoute = createRoute({ getParentRoute: () => rootRoute, path: "/open", component: OpenPage });

const swapsRoute = createRoute({ getParentRoute: () => rootRoute, path: "/swaps", component: OffersPage });

const teamRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/team",
  validateSearch: readTeamSearch,
  component: TeamPage,
});

const timeOffRoute = createRoute({ getParentRoute: () => rootRoute, path: "/time-off", component: TimeOffPage });

const routeTree = rootRoute.addChildren([
  indexRoute,
  weekRoute,
  mineRoute,
  openRoute,
  swapsRoute,
  timeOffRoute,
  teamRoute,
]);

export function createDeskRouter(context: Context) {
  return createRouter({
    routeTree,
    context,
    defaultNotFoundComponent: NotFound,
    defaultErrorComponent: Broken,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createDeskRouter>;
  }
}
