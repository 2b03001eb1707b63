using Osl.Operations;
using Osl.Operations.Auditing;

namespace Osl.Hosting.Auditing;

internal sealed class ReopeningJournal(string? directory, TimeProvider time) : IAuditJournal, IAsyncDisposable
{
    public ValueTask<OneOf<AuditReceipt, OperationError>> AppendAsync(AuditRecord record, AuditGuarantee guarantee) =>
        ValueTask.FromResult<OneOf<AuditReceipt, OperationError>>(new AuditReceipt(directory is null || time is null ? 0 : 1));

    public ValueTask DisposeAsync() => default;
}
