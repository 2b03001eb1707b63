using Osl.Samples.Heartbeat;
using Osl.Supervision.Services;

// Two services and who passes signals on to them: SIGHUP reloads, SIGTERM and Ctrl-C end, and the end waits for both.
var manager = new ServiceManager(new ServiceManagerOptions { ShutdownGracePeriod = TimeSpan.FromSeconds(5) });
manager.Insert(new HeartbeatService("fast", TimeSpan.FromMilliseconds(100)));
manager.Insert(new HeartbeatService("slow", TimeSpan.FromSeconds(1)));
manager.Insert(new SignalReceiver(manager.Handle));

var outcome = await manager.RunToEndAsync();
Console.WriteLine(outcome);
return outcome.IsSuccess ? 0 : 1;
