using FluentValidation;

namespace Osl.Operations.Processes;

internal sealed class SpawnProcessValidator : AbstractValidator<SpawnProcessOperation>;

internal sealed class RunProcessValidator : AbstractValidator<RunProcessOperation>;

internal sealed class ProcessSignalValidator : AbstractValidator<ProcessSignalOperation>;

internal sealed class KillProcessValidator : AbstractValidator<KillProcessOperation>;

internal sealed class KillProcessGroupValidator : AbstractValidator<KillProcessGroupOperation>;

internal sealed class QueryProcessValidator : AbstractValidator<QueryProcessOperation>;

internal sealed class QueryProcessGroupValidator : AbstractValidator<QueryProcessGroupOperation>;
