import { Button, PasswordInput, Stack, Text, TextInput, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconAlertCircle, IconLogout2 } from "@tabler/icons-react";
import { lazy, useState } from "react";
import { useTranslation } from "react-i18next";
import { Problem, sentenceOf } from "../api/problem";
import { InDemo } from "../demo/about";
import { Logo } from "../ui/Logo";
import { Notice } from "../ui/Notice";
import classes from "./LoginPage.module.css";

const DemoSignIn = lazy(() => import("../demo/DemoSignIn").then((module) => ({ default: module.DemoSignIn })));

interface Props {
  /** The session ended by itself: say so. */
  readonly ended: boolean;
  readonly signIn: (email: string, password: string) => Promise<void>;
}

function useLogin(signIn: Props["signIn"]) {
  const { t } = useTranslation();
  const [refusal, setRefusal] = useState<string | null>(null);
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { email: "", password: "" },
    validate: {
      email: (value) => (/^\S+@\S+$/.test(value.trim()) ? null : t("session.noEmail")),
      password: (value) => (value ? null : t("session.noPassword")),
    },
  });
  const submit = form.onSubmit(async ({ email, password }) => {
    setRefusal(null);
    try {
      await signIn(email.trim(), password);
    } catch (error) {
      const reasons = error instanceof Problem ? error.reasons : [];
      form.setErrors(Object.fromEntries(reasons.map(({ field, message }) => [field, message])));
      if (reasons.length === 0) setRefusal(sentenceOf(error));
    }
  });
  return { form, submit, refusal };
}

const WEAVE = ["0-4-1a", "15-1-0", "-2b2-3", "4-0-44", "-3c-5-", "1-1-61", "06-0-2", "-4-1-4", "2-0b3-", "05-1-6"];

/** Decoration: a week of shifts. Letters are drafts of the roles 0 to 2. */
function Weave() {
  const cells = WEAVE.flatMap((row, y) => [...row].map((mark, x) => ({ place: `${x}/${y}`, mark })));
  return (
    <div className={classes.weave} aria-hidden="true">
      <div className={classes.sheet}>
        {cells.map(({ place, mark }) => (
          <span
            key={place}
            className={classes.thread}
            data-role={mark === "-" ? undefined : Number.parseInt(mark, 16) % 10}
            data-draft={mark > "9" || undefined}
          />
        ))}
      </div>
    </div>
  );
}

export function LoginPage({ ended, signIn }: Props) {
  const { t } = useTranslation();
  const { form, submit, refusal } = useLogin(signIn);
  return (
    <div className={classes.page}>
      <title>{t("shell.title", { page: t("session.page") })}</title>
      <main className={classes.side}>
        <form className={classes.form} onSubmit={submit} noValidate>
          <Logo size={44} />
          <Title order={1} className={classes.title}>
            {t("session.title")}
          </Title>
          <Text className={classes.lead}>{t("session.lead")}</Text>
          <Stack gap="md" mt={28}>
            {ended && !refusal && (
              <Notice tone="quiet" icon={IconLogout2} title={t("session.ended")}>
                <p>{t("session.again")}</p>
              </Notice>
            )}
            {refusal && <Notice tone="bad" icon={IconAlertCircle} title={refusal} urgent />}
            <TextInput
              label={t("session.email")}
              type="email"
              autoComplete="username"
              size="md"
              key={form.key("email")}
              {...form.getInputProps("email")}
            />
            <PasswordInput
              label={t("session.password")}
              visibilityToggleButtonProps={{ "aria-label": t("session.show") }}
              autoComplete="current-password"
              size="md"
              key={form.key("password")}
              {...form.getInputProps("password")}
            />
            <Button type="submit" size="md" mt={4} loading={form.submitting}>
              {t("session.signIn")}
            </Button>
          </Stack>
          <InDemo>
            <DemoSignIn signIn={signIn} />
          </InDemo>
        </form>
      </main>
      <Weave />
    </div>
  );
}
