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
  tour: {
    title: "Guided tour",
    count: "{{done}} of {{all}}",
    close: "Close the tour",
    done: "done",
    ticked: "Tour: “{{step}}” is done.",
    again: "It is in the menu of your initials when you want it again.",
    finished: "That is all. Now plan as you like: a deleted folder .data begins the demo anew.",
    privately: "Open a private window of your browser and sign in as {{email}} there.",
    mend: "Connect again",
    steps: {
      type: {
        title: "Plan a shift by typing",
        text: "Click an empty cell, type 9-17 and press Enter: twice, if a rule objects.",
      },
      undo: { title: "Take it back", text: "Press Ctrl+Z. It undoes any change of yours, deletions too." },
      window: {
        title: "Open a second window",
        text: "Sam Okafor, one of the staff, is signed in there. Put it beside this one.",
        do: "Open Sam’s window",
      },
      publish: {
        title: "Publish a shift",
        text: "Type one for Sam, then publish the drafts: his window has it at once, and not before.",
      },
      cut: {
        title: "Cut the network",
        text: "After three seconds this window says so. Connect again: nothing was missed.",
        do: "Cut this window’s network",
      },
      simulate: {
        title: "Work with colleagues",
        text: "Three of the team, played by the server, edit the week with you for five minutes.",
        do: "Simulate colleagues",
      },
    },
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
