namespace Osl.Operations.Processes;

/// <summary>One process group (setpgid(2)), or one job object on Windows.</summary>
/// <param name="Id">The process group id; on Windows the pid of the leader, to which the job's name is bound.</param>
/// <param name="Leader">The process whose pid the id is, as it was when the group was made. It may have ended since.</param>
/// <param name="Operation">
/// The operation that made the group: its members carry it in <see cref="OperationId.MarkerVariable"/>. Empty for a group that
/// Osl did not make.
/// </param>
public sealed record GroupRef(int Id, ProcessRef Leader, OperationId Operation)
{
    /// <summary>The id.</summary>
    public override string ToString() => $"group {Id}";
}
