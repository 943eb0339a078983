import { Button, Divider, Group } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { sentenceOf } from "../api/problem";
import { useVisitor } from "./about";
import classes from "./DemoSignIn.module.css";

interface Props {
  readonly signIn: (email: string, password: string) => Promise<void>;
}

/** The demo's two ways in, for visitors who have no account. */
export function DemoSignIn({ signIn }: Props) {
  const { t } = useTranslation();
  const visitor = useVisitor();
  const [refusal, setRefusal] = useState("");
  if (!visitor) return null;
  const { manager, staff, password } = visitor;
  const enter = (email: string) => () =>
    void signIn(email, password).catch((error: unknown) => setRefusal(sentenceOf(error)));
  return (
    <div className={classes.demo}>
      <Divider label={t("demo.signIn.or")} />
      <Group grow gap="sm" mt="md">
        <Button variant="default" onClick={enter(manager)}>
          {t("demo.signIn.manager")}
        </Button>
        <Button variant="default" onClick={enter(staff)}>
          {t("demo.signIn.staff")}
        </Button>
      </Group>
      <p className={classes.told} role={refusal ? "alert" : undefined}>
        {refusal || t("demo.signIn.told", { manager, staff, password })}
      </p>
    </div>
  );
}
