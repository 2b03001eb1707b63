using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Osl.Extensions.Hosting;
using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Samples.AgentHost;
using Osl.Security.Audit;
using Osl.Supervision.Pools;

// A host that runs tools for the agents of its users, under a policy, with approvals, and can show afterwards what ran and why.
//
//   AgentHost DIRECTORY
var directory = Path.GetFullPath(args[0]);
var audit = Path.Combine(directory, "audit");
var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
builder.Services.AddOsl(
    settings =>
    {
        settings.PolicyFiles.Add(Path.Combine(AppContext.BaseDirectory, "policy.yaml"));
        settings.AuditDirectory = audit;
    },
    (options, _) => options.UseApprover(new TwoEyes())
);
builder.Services.AddSingleton(services => new ProcessPool(
    services.GetRequiredService<IOperationExecutor>(),
    new ProcessPoolOptions { MaxRunning = 2, MaxQueued = 8 }
));
builder.Services.AddSingleton(services => new Tools(services.GetRequiredService<ProcessPool>(), directory));
using (var host = builder.Build())
{
    await host.StartAsync();
    var tools = host.Services.GetRequiredService<Tools>();
    var alice = new Principal("alice") { Roles = ["agent"] };
    var bob = new Principal("bob");

    await TellAsync(alice, "which system?", "uname", "-s");
    await TellAsync(alice, "make room for the build", "mkdir", "--", "build");
    await TellAsync(alice, "because I can", "mkdir", "--", "mine");
    await TellAsync(bob, "make room for the build", "mkdir", "--", "bobs");
    await TellAsync(alice, "make room for the build", "mkdir", "--", "../outside");
    await TellAsync(alice, "tidy up", "rm", "-rf", "/");
    await host.StopAsync();

    async Task TellAsync(Principal user, string reason, string tool, params string[] arguments)
    {
        Console.WriteLine($"{user.Name}: {tool} {string.Join(' ', arguments)}");
        Console.WriteLine($"  {await tools.CallAsync(user, reason, tool, arguments)}");
    }
}

// Who reviews reads the same journal, and asks first whether it is whole.
Console.WriteLine("review:");
if (AuditVerifier.Verify(audit).FirstProblem is { } problem)
{
    Console.WriteLine($"  the journal was changed: {problem}");
    return 1;
}

foreach (var record in new AuditReader(audit).Read().Select(entry => entry.Record))
{
    if (record is { Type: AuditRecordType.Approval or AuditRecordType.Refusal or AuditRecordType.Outcome })
    {
        Console.WriteLine(
            $"  {record.Principal} {record.Type.ToString().ToLowerInvariant()} {record.Outcome} {(record.Rule is null ? "" : $"by rule '{record.Rule}'")}".TrimEnd()
        );
    }
}

return 0;
