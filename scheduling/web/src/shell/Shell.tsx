import {
  ActionIcon,
  Badge,
  Menu,
  Text,
  Tooltip,
  UnstyledButton,
  useComputedColorScheme,
  useMantineColorScheme,
} from "@mantine/core";
import { IconCalendarWeek, IconLogout, IconMoon, IconPlaneDeparture, IconSun } from "@tabler/icons-react";
import { Link, Outlet } from "@tanstack/react-router";
import { ConnectionDot } from "../live/ConnectionDot";
import { useSignedIn } from "../session/signed-in";
import { usePendingRequests } from "../timeoff/queries";
import { TimeOffNews } from "../timeoff/TimeOffNews";
import { Face } from "./Face";
import { Logo } from "./Logo";
import classes from "./Shell.module.css";

function ColourScheme() {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme("light", { getInitialValueInEffect: false });
  const other = scheme === "dark" ? "light" : "dark";
  return (
    <Tooltip label={`Use ${other} colours`}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size={32}
        aria-label={`Use ${other} colours`}
        onClick={() => setColorScheme(other)}
      >
        {scheme === "dark" ? <IconSun size={18} stroke={1.6} /> : <IconMoon size={18} stroke={1.6} />}
      </ActionIcon>
    </Tooltip>
  );
}

function Person() {
  const { me, manager, signOut } = useSignedIn();
  return (
    <Menu position="bottom-end" width={220} shadow="md">
      <Menu.Target>
        <UnstyledButton className={classes.person} aria-label={`${me.name}: account`}>
          <Face name={me.name} size={30} />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <div className={classes.card}>
          <Text size="sm" fw={600}>
            {me.name}
          </Text>
          <Text size="xs" c="dimmed">
            {manager ? "Manager" : "Staff"}
            {me.email && ` · ${me.email}`}
          </Text>
        </div>
        <Menu.Divider />
        {/* Signed out here in any case; the server's session then ends when it expires. */}
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => void signOut().catch(() => {})}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function Places() {
  const { manager } = useSignedIn();
  const pending = usePendingRequests().data?.size ?? 0;
  const waiting = `${pending} waiting`;
  return (
    <nav className={classes.places} aria-label="Pages">
      <Link to="/week" className={classes.place}>
        <IconCalendarWeek size={18} stroke={1.7} aria-hidden="true" />
        Schedule
      </Link>
      <Link to="/time-off" className={classes.place}>
        <IconPlaneDeparture size={18} stroke={1.7} aria-hidden="true" />
        Time off
        {manager && pending > 0 && (
          <Badge size="sm" circle={pending < 10} className={classes.badge} aria-label={waiting}>
            {pending}
          </Badge>
        )}
      </Link>
    </nav>
  );
}

/** The frame around every page: where one is, how the connection is, who one is. */
export function Shell() {
  return (
    <div className={classes.shell}>
      <header className={classes.header}>
        <div className={classes.brand}>
          <Logo />
          <span className={classes.name}>Scheduling</span>
        </div>
        <Places />
        <div className={classes.tools}>
          <ConnectionDot />
          <ColourScheme />
          <Person />
        </div>
      </header>
      <TimeOffNews />
      <main className={classes.main}>
        <Outlet />
      </main>
    </div>
  );
}
