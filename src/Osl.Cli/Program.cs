using Osl.Cli;

using var io = CliIo.Standard();
return await new OslApplication(io).RunAsync(args).ConfigureAwait(false);
