import { useWebSocket } from '@tidings/react';
import { WS_EVENT_TYPES, WS_CHANNELS } from '../src/live.gen';
import { useEffect, useState } from 'react';

export function ScheduleDashboard() {
  const token = localStorage.getItem('access_token') || '';
  const { connected, subscribe, on, off } = useWebSocket('ws://localhost:8000/ws', token);
  const [schedules, setSchedules] = useState([]);

  useEffect(() => {
    if (connected) {
      // Subscribe to schedule events
      subscribe([WS_CHANNELS.SCHEDULES]);

      // Handle schedule created
      const handleScheduleCreated = (payload: any) => {
        console.log('New schedule created:', payload.schedule);
        setSchedules((prev) => [...prev, payload.schedule]);
      };

      // Handle schedule updated
      const handleScheduleUpdated = (payload: any) => {
        console.log('Schedule updated:', payload.schedule);
        setSchedules((prev) =>
          prev.map((s) => (s.id === payload.scheduleId ? payload.schedule : s))
        );
      };

      // Register handlers
      on(WS_EVENT_TYPES.SCHEDULE_CREATED, handleScheduleCreated);
      on(WS_EVENT_TYPES.SCHEDULE_UPDATED, handleScheduleUpdated);

      // Cleanup
      return () => {
        off(WS_EVENT_TYPES.SCHEDULE_CREATED, handleScheduleCreated);
        off(WS_EVENT_TYPES.SCHEDULE_UPDATED, handleScheduleUpdated);
      };
    }
  }, [connected]);

  return (
    <div>
      <h1>Schedule Dashboard</h1>
      <div>Status: {connected ? 'Connected' : 'Disconnected'}</div>
      {/* Render schedules */}
    </div>
  );
}
