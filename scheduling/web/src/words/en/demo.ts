export const demo = {
  signIn: {
    or: "This is the demo. Come in as",
    manager: "The manager",
    staff: "A member of staff",
    told: "They are {{manager}} and {{staff}}; everybody’s password is “{{password}}”.",
  },
  simulate: "Simulate colleagues",
  off: "Off",
  pace: {
    calm: "A change every 5 seconds",
    steady: "A change every second",
    brisk: "5 changes a second",
  },
  bar: {
    label: "Simulation",
    title: "Simulation.",
    who: "{{names}} are played by the server.",
    soon: "Colleagues are signing in.",
    until: "Until {{time}}.",
    stop: "Stop it",
    failed: "The simulation has stopped.",
    begun: "The simulation of colleagues has begun.",
    ended: "The simulation of colleagues has ended.",
  },
};
